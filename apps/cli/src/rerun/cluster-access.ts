import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CliError } from '../cli-error.js';

/** How a cluster is reached, with the names by which people know it. */
export interface ClusterAccess {
  readonly server: URL;
  /** What the certificate is for, where that is not the host of `server`. */
  readonly serverName?: string;
  /** PEM; absent: the system's authorities. */
  readonly ca?: string;
  readonly token?: string;
  /** PEM, both. */
  readonly certificate?: string;
  readonly key?: string;
  /** Of context, cluster and user. */
  readonly names: readonly string[];
}

const Entry = z.looseObject({ name: z.string() });
const Kubeconfig = z.looseObject({
  clusters: z.array(
    Entry.extend({
      cluster: z.looseObject({
        server: z.url({ protocol: /^https$/ }),
        'certificate-authority': z.string().optional(),
        'certificate-authority-data': z.base64().optional(),
        'insecure-skip-tls-verify': z.boolean().optional(),
        'tls-server-name': z.string().optional(),
      }),
    }),
  ),
  users: z.array(
    Entry.extend({
      user: z.looseObject({
        token: z.string().optional(),
        tokenFile: z.string().optional(),
        'client-certificate': z.string().optional(),
        'client-certificate-data': z.base64().optional(),
        'client-key': z.string().optional(),
        'client-key-data': z.base64().optional(),
      }),
    }),
  ),
  contexts: z.array(
    Entry.extend({ context: z.looseObject({ cluster: z.string(), user: z.string() }) }),
  ),
});

/**
 * The cluster of one context of a kubeconfig. Nothing is run to get a credential: it has to be a token or a certificate.
 *
 * @throws CliError `kubeconfig_invalid`
 */
export async function clusterAccess(file: string, context: string): Promise<ClusterAccess> {
  const { cluster, user } = chosen(file, await readConfig(file), context);
  if (cluster.cluster['insecure-skip-tls-verify'] === true) {
    throw invalid(file, 'insecure-skip-tls-verify: expected a certificate that can be checked');
  }
  refuseOtherWays(file, cluster, user);
  const pem = pemReader(file);
  const ca = await pem(cluster.cluster, 'certificate-authority');
  const serverName = cluster.cluster['tls-server-name'];
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...(await credentialOf(file, user)),
    server: new URL(cluster.cluster.server),
    names: [context, cluster.name, user.name],
  };
}

/** By one of these kubectl goes to another cluster, or as somebody else, than calls would be made here. */
const otherWays = ['proxy-url', 'as', 'as-uid', 'as-groups', 'as-user-extra'] as const;

function refuseOtherWays(file: string, { cluster }: Cluster, { name, user }: User): void {
  const found = otherWays.find((way) => Object.hasOwn(cluster, way) || Object.hasOwn(user, way));
  if (found === undefined) return;
  throw invalid(
    file,
    `${found}, for user "${name}": expected a cluster that is called directly, as the user itself`,
  );
}

type Config = z.infer<typeof Kubeconfig>;
type User = Config['users'][number];
type Cluster = Config['clusters'][number];

async function readConfig(file: string): Promise<Config> {
  const config = Kubeconfig.safeParse(await yamlIn(file));
  if (config.success) return config.data;
  const [issue] = config.error.issues;
  throw invalid(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a kubeconfig'}`);
}

function chosen(file: string, { contexts, clusters, users }: Config, context: string) {
  const found = contexts.find(({ name }) => name === context)?.context;
  const cluster = clusters.find(({ name }) => name === found?.cluster);
  const user = users.find(({ name }) => name === found?.user);
  if (cluster !== undefined && user !== undefined) return { cluster, user };
  throw invalid(file, `expected a context "${context}" with its cluster and user`);
}

async function credentialOf(
  file: string,
  { name, user }: User,
): Promise<Pick<ClusterAccess, 'token' | 'certificate' | 'key'>> {
  const pem = pemReader(file);
  const [certificate, key] = [await pem(user, 'client-certificate'), await pem(user, 'client-key')];
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  const token = user.token ?? (await textOf(file, user.tokenFile));
  if (token !== undefined) return { token };
  throw invalid(file, `user "${name}": expected a token or a client certificate with its key`);
}

const invalid = (file: string, message: string): CliError =>
  new CliError('kubeconfig_invalid', `${file}: ${message}`);

async function yamlIn(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'), { maxAliasCount: 50 });
  } catch (cause) {
    throw new CliError('file_unreadable', `${file} cannot be read`, { cause });
  }
}

/** Files are named from where the kubeconfig is. */
async function textOf(kubeconfig: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(dirname(kubeconfig), file);
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    (cause: unknown) => {
      throw new CliError('file_unreadable', `${path} cannot be read`, { cause });
    },
  );
}

const pemReader =
  (kubeconfig: string) =>
  async (entry: Readonly<Record<string, unknown>>, name: string): Promise<string | undefined> => {
    const data = entry[`${name}-data`];
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8');
    const file = entry[name];
    return textOf(kubeconfig, typeof file === 'string' ? file : undefined);
  };
