import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { DEMO_DEVICE_CLIENT, DEMO_WEB_CLIENT, demoPeople } from '@drawbridge/embedded';

/** How the gateway reaches the demo's cluster. PEM texts and a token, written to private files. */
export interface ClusterAccess {
  readonly server: string;
  readonly certificateAuthority?: string;
  readonly credential:
    | { readonly type: 'bearerToken'; readonly token: string }
    | { readonly type: 'clientCertificate'; readonly certificate: string; readonly key: string };
}

/** A directory of its own, so that only the proxy is given it. */
export interface CredentialsPlace {
  readonly directory: string;
  /** The same directory as the proxy sees it. */
  readonly seenAs: string;
}

export interface DemoConfiguration {
  /** Where to write; what it held is removed. */
  readonly directory: string;
  /** Policies, actions and guardrails to start from: the shipped examples. */
  readonly examples: string;
  readonly issuer: string;
  /** PEM that the certificate of an https issuer chains to. Absent: the issuer is plain http on loopback. */
  readonly issuerCertificateAuthority?: string;
  /** Where the credentials of the cluster are kept. Default: with the documents. */
  readonly credentials?: CredentialsPlace;
  readonly slackTeam: string;
  /** Slack user by first name, in lower case. */
  readonly slackUsers: Readonly<Record<string, string>>;
  readonly cluster: ClusterAccess;
}

const apiVersion = 'drawbridge.dev/v1alpha1';
const ISSUER_CA = 'issuer-ca.pem';
/** The audience of every token that Drawbridge accepts in the demo. */
export const DEMO_AUDIENCE = 'drawbridge';
/** The connection of the story. */
export const DEMO_CONNECTION = 'prod-eks';

/**
 * Writes the configuration directory of the demo: the shipped policies, actions and guardrails as they are, and with
 * them the documents that hold addresses of this run (issuer, connection) or Slack ids (humans).
 */
export function writeDemoConfiguration(demo: DemoConfiguration): void {
  const { directory } = demo;
  empty(directory);
  if (demo.issuerCertificateAuthority !== undefined) {
    writePrivate(join(directory, ISSUER_CA), demo.issuerCertificateAuthority);
  }
  for (const folder of ['actions', 'policies', 'guardrails']) copyExamples(demo, folder);
  // The shipped pack, beside the rules of this company.
  cpSync(join(demo.examples, '../guardrails'), join(directory, 'guardrails'), { recursive: true });
  write(directory, 'issuer.yaml', issuerDocument(demo));
  write(directory, 'humans.yaml', ...humanDocuments(demo));
  write(directory, 'connection.yaml', connectionDocument(demo));
}

/** The directory itself stays: a volume may be mounted on it. */
function empty(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(directory)) rmSync(join(directory, entry), { recursive: true });
}

const writePrivate = (file: string, content: string) =>
  writeFileSync(file, content, { mode: 0o600 });

function copyExamples({ examples, directory }: DemoConfiguration, name: string): void {
  for (const entry of [`${name}.yaml`, name]) {
    const from = join(examples, entry);
    if (existsSync(from)) cpSync(from, join(directory, entry), { recursive: true });
  }
}

function write(directory: string, file: string, ...documents: readonly object[]): void {
  const text = documents.map((document) => stringify(document)).join('---\n');
  writePrivate(join(directory, file), text);
}

const issuerDocument = ({ issuer, issuerCertificateAuthority }: DemoConfiguration) => ({
  apiVersion,
  kind: 'Issuer',
  metadata: { name: 'demo' },
  spec: {
    issuer,
    audiences: [DEMO_AUDIENCE],
    algorithms: ['RS256'],
    ...(issuerCertificateAuthority === undefined
      ? { allowInsecureHttp: true }
      : { certificateAuthorityFile: ISSUER_CA }),
    claims: {
      kind: { pointer: '/principal_type', agent: ['agent'], human: ['human'] },
      groups: '/groups',
      email: '/email',
      owner: '/owner',
    },
    login: {
      deviceClientId: DEMO_DEVICE_CLIENT,
      scope: 'openid',
      web: { clientId: DEMO_WEB_CLIENT },
    },
  },
});

const humanDocuments = ({ issuer, slackTeam, slackUsers }: DemoConfiguration) =>
  demoPeople.humans.map(({ id, name, email, groups }) => {
    const user = slackUsers[name.toLowerCase()];
    return {
      apiVersion,
      kind: 'Human',
      metadata: { name: name.toLowerCase() },
      spec: {
        issuer,
        subject: id,
        email,
        groups: [...groups],
        ...(user === undefined ? {} : { slack: { team: slackTeam, user } }),
      },
    };
  });

function connectionDocument({ directory, cluster, credentials }: DemoConfiguration): object {
  const place = credentials ?? { directory: join(directory, 'credentials'), seenAs: 'credentials' };
  mkdirSync(place.directory, { recursive: true, mode: 0o700 });
  const file = (name: string, content: string): string => {
    writePrivate(join(place.directory, name), content);
    return `${place.seenAs}/${name}`;
  };
  const { certificateAuthority: ca } = cluster;
  return {
    apiVersion,
    kind: 'Connection',
    metadata: { name: DEMO_CONNECTION, labels: { team: 'payments' } },
    spec: {
      environment: 'production',
      description: 'The cluster of the story',
      server: cluster.server,
      ...(ca === undefined ? {} : { certificateAuthorityFile: file('ca.pem', ca) }),
      credential: credentialOf(cluster, file),
      portForward: 'allow',
    },
  };
}

function credentialOf(
  { credential }: ClusterAccess,
  file: (name: string, content: string) => string,
): object {
  switch (credential.type) {
    case 'bearerToken':
      return { type: 'bearerToken', file: file('token', credential.token) };
    case 'clientCertificate':
      return {
        type: 'clientCertificate',
        certificate: { file: file('client.crt', credential.certificate) },
        key: { file: file('client.key', credential.key) },
      };
  }
}
