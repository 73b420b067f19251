export interface NatsAccess {
  readonly user: string;
  readonly password: string;
}

export interface NatsConfigurationOptions {
  readonly storeDirectory: string;
  readonly port: number;
  /** Who may connect; absent: anyone on this machine. */
  readonly access?: NatsAccess;
  /** `always` writes through to the disk before acknowledging, `periodic` every two minutes. */
  readonly sync: 'always' | 'periodic';
  /** More lines of server configuration, e.g. users with permissions instead of `access`. */
  readonly more?: string;
}

/** The configuration file of a single local server. It is a file because arguments show in process lists. */
export function natsConfiguration(options: NatsConfigurationOptions): string {
  const { storeDirectory, port, access, sync, more } = options;
  const lines = [
    'server_name: drawbridge-embedded',
    `listen: "127.0.0.1:${port}"`,
    `ports_file_dir: ${quoted(storeDirectory)}`,
    'max_payload: 1MB',
    'jetstream {',
    `  store_dir: ${quoted(storeDirectory)}`,
    `  sync_interval: ${sync === 'always' ? 'always' : '"2m"'}`,
    '}',
    ...(access === undefined
      ? []
      : [
          'authorization {',
          `  user: ${quoted(access.user)}`,
          `  password: ${quoted(access.password)}`,
          '}',
        ]),
    ...(more === undefined ? [] : [more]),
  ];
  return `${lines.join('\n')}\n`;
}

/** NATS configuration strings know the JSON escapes that JSON.stringify produces. */
const quoted = (text: string): string => JSON.stringify(text);
