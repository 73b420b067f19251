import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Each is a volume of docker-compose.yml; a container is given its own, and so sees no secret of another. */
export type Volume =
  | 'config'
  | 'nats'
  | 'clickhouse'
  | 'provision'
  | 'identity'
  | 'policy'
  | 'approval'
  | 'proxy'
  | 'audit'
  | 'grafana';

/** `owner`: only the user that services run as. `everyone`: any user of the container that has the volume. */
export type Readers = 'owner' | 'everyone';

const MODES = { owner: 0o600, everyone: 0o644 } as const satisfies Record<Readers, number>;

/** The directories on which the stand-ins have every volume. */
export class Volumes {
  constructor(private readonly root: string) {}

  directory(volume: Volume): string {
    return join(this.root, volume);
  }

  /** Replaces a file in one step, so that nobody reads half of it. */
  write(volume: Volume, name: string, { content, readers = 'owner' }: Content): void {
    const file = join(this.directory(volume), name);
    const written = `${file}.new`;
    writeFileSync(written, content, { mode: MODES[readers] });
    renameSync(written, file);
  }

  /** What an earlier run wrote, or what `create` makes, written: a password must outlive a restart. */
  keep(volume: Volume, name: string, create: () => string): string {
    const known = this.#read(volume, name);
    if (known !== undefined && known !== '') return known;
    const content = create();
    this.write(volume, name, { content });
    return content;
  }

  #read(volume: Volume, name: string): string | undefined {
    try {
      return readFileSync(join(this.directory(volume), name), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

export interface Content {
  readonly content: string;
  /** @default 'owner' */
  readonly readers?: Readers;
}
