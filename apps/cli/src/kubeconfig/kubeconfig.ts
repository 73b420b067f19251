import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { CliError } from '../cli-error.js';

const Named = z.looseObject({ name: z.string() });
const Kubeconfig = z.looseObject({
  apiVersion: z.literal('v1').optional(),
  kind: z.literal('Config').optional(),
  clusters: z.array(Named).nullish(),
  users: z.array(Named).nullish(),
  contexts: z.array(Named).nullish(),
  'current-context': z.string().nullish(),
});
type Kubeconfig = z.infer<typeof Kubeconfig>;
type Named = z.infer<typeof Named>;

export interface ConnectionEntry {
  readonly connection: string;
  /** Base address of the connection behind the gateway. */
  readonly server: string;
  /** PEM that the gateway's certificate chains to; absent: the system's authorities. */
  readonly certificateAuthority?: string | undefined;
  readonly namespace?: string | undefined;
  /** What kubectl runs for a token. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Merge {
  /** Text of the file as it is; absent: there is none. */
  readonly existing: string | undefined;
  /** Replace entries of the same name. */
  readonly force: boolean;
  /** Make it the current context, which it becomes anyway when there is none. */
  readonly use: boolean;
}

/**
 * The text of a kubeconfig with one more cluster, user and context. It holds no secret: kubectl asks the CLI
 * for a token. Everything else in it stays.
 *
 * @throws CliError `kubeconfig_exists` when an entry of that name is another one, `kubeconfig_invalid`
 */
export function mergeKubeconfig(
  entry: ConnectionEntry,
  { existing, force, use }: Merge,
): { readonly text: string; readonly context: string } {
  const config = existing === undefined ? {} : parseKubeconfig(existing);
  const name = `drawbridge-${entry.connection}`;
  const put = (list: readonly Named[] | null | undefined, added: Named) =>
    putNamed(list ?? [], added, force);
  const current = config['current-context'] ?? '';
  const merged = {
    ...config,
    apiVersion: 'v1',
    kind: 'Config',
    clusters: put(config.clusters, { name, cluster: clusterOf(entry) }),
    users: put(config.users, { name, user: { exec: execOf(entry) } }),
    contexts: put(config.contexts, {
      name,
      context: {
        cluster: name,
        user: name,
        ...(entry.namespace === undefined ? {} : { namespace: entry.namespace }),
      },
    }),
    'current-context': use || current === '' ? name : current,
  };
  return { text: stringify(merged, { lineWidth: 0 }), context: name };
}

function clusterOf({ server, certificateAuthority }: ConnectionEntry): object {
  if (certificateAuthority === undefined) return { server };
  const data = Buffer.from(certificateAuthority).toString('base64');
  return { server, 'certificate-authority-data': data };
}

const execOf = ({ command, args, env }: ConnectionEntry): object => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  command,
  args: [...args],
  env: Object.entries(env).map(([name, value]) => ({ name, value })),
  installHint:
    'This kubeconfig was written by "drawbridge kubeconfig"; write it again from where the CLI is now.',
  interactiveMode: 'Never',
  provideClusterInfo: false,
});

function putNamed(list: readonly Named[], added: Named, force: boolean): readonly Named[] {
  const same = list.find(({ name }) => name === added.name);
  if (same !== undefined && !force && !isDeepStrictEqual(same, added)) {
    throw new CliError('kubeconfig_exists', `the kubeconfig has another "${added.name}" already`, {
      advice: 'replace it with --force, or write another file with --output-file',
    });
  }
  return [...list.filter(({ name }) => name !== added.name), added];
}

function parseKubeconfig(text: string): Kubeconfig {
  try {
    return Kubeconfig.parse(parse(text) ?? {});
  } catch (cause) {
    throw new CliError('kubeconfig_invalid', 'the existing file is not a kubeconfig', {
      cause,
      advice: 'it was left as it is; write another file with --output-file',
    });
  }
}
