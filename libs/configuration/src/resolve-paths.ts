import { dirname, join, resolve } from 'node:path';
import type {
  ClusterCredential,
  ConnectionDocument,
  InboundSpec,
  IssuerDocument,
  MaterialSource,
  RiskDocument,
  TicketStateSpec,
  WebhookDocument,
} from '@drawbridge/contracts';
import type { Entry } from './entry.js';

/** Where every cluster answers its own pods. */
const IN_CLUSTER_SERVER = 'https://kubernetes.default.svc';

type WebLogin = NonNullable<NonNullable<IssuerDocument['spec']['login']>['web']>;

/** The document with its file paths made absolute, from the directory of the file that names them. */
export function resolveIssuer({ document, parsed }: Entry<IssuerDocument>): IssuerDocument {
  const { certificateAuthorityFile: file, login, directory } = document.spec;
  const from = parsed.source.file;
  return {
    ...document,
    spec: {
      ...document.spec,
      ...(file !== undefined && { certificateAuthorityFile: absolute(from, file) }),
      ...(login?.web !== undefined && { login: { ...login, web: resolveWeb(login.web, from) } }),
      ...(directory !== undefined && {
        directory: { ...directory, tokenFile: absolute(from, directory.tokenFile) },
      }),
    },
  };
}

function resolveWeb({ clientSecretFile: file, ...web }: WebLogin, from: string): WebLogin {
  return { ...web, ...(file !== undefined && { clientSecretFile: absolute(from, file) }) };
}

/** As {@link resolveIssuer}. */
export function resolveWebhook({ document, parsed }: Entry<WebhookDocument>): WebhookDocument {
  const { secretFile, formerSecretFile: former, certificateAuthorityFile: ca } = document.spec;
  const { inbound, ticketState: state } = document.spec;
  const from = parsed.source.file;
  return {
    ...document,
    spec: {
      ...document.spec,
      secretFile: absolute(from, secretFile),
      ...(former !== undefined && { formerSecretFile: absolute(from, former) }),
      ...(ca !== undefined && { certificateAuthorityFile: absolute(from, ca) }),
      ...(inbound !== undefined && { inbound: resolveInbound(inbound, from) }),
      ...(state !== undefined && { ticketState: resolveState(state, from) }),
    },
  };
}

const resolveState = (state: TicketStateSpec, from: string): TicketStateSpec => ({
  ...state,
  ...(state.tokenFile !== undefined && { tokenFile: absolute(from, state.tokenFile) }),
  ...(state.certificateAuthorityFile !== undefined && {
    certificateAuthorityFile: absolute(from, state.certificateAuthorityFile),
  }),
});

const resolveInbound = (inbound: InboundSpec, from: string): InboundSpec => ({
  ...inbound,
  secretFile: absolute(from, inbound.secretFile),
  ...(inbound.formerSecretFile !== undefined && {
    formerSecretFile: absolute(from, inbound.formerSecretFile),
  }),
});

/** As {@link resolveIssuer}. */
export function resolveRisk({ document, parsed }: Entry<RiskDocument>): RiskDocument {
  const { model } = document.spec;
  if (model === undefined) return document;
  const { secretFile, certificateAuthorityFile: ca } = model;
  const from = parsed.source.file;
  const resolved = {
    ...model,
    secretFile: absolute(from, secretFile),
    ...(ca !== undefined && { certificateAuthorityFile: absolute(from, ca) }),
  };
  return { ...document, spec: { ...document.spec, model: resolved } };
}

/** As {@link resolveIssuer}; a connection to the cluster itself gets its address and authority. */
export function resolveConnection({
  document,
  parsed,
}: Entry<ConnectionDocument>): ConnectionDocument {
  const { file: from } = parsed.source;
  const { spec } = document;
  const credential = resolveCredential(spec.credential, from);
  const file = spec.certificateAuthorityFile;
  return {
    ...document,
    spec: {
      ...spec,
      ...(credential.type === 'serviceAccount' && ownCluster(spec.server, credential.directory)),
      ...(file !== undefined && { certificateAuthorityFile: absolute(from, file) }),
      credential,
    },
  };
}

const ownCluster = (server: string | undefined, directory: string) =>
  server === undefined
    ? { server: IN_CLUSTER_SERVER, certificateAuthorityFile: join(directory, 'ca.crt') }
    : {};

function resolveCredential(credential: ClusterCredential, from: string): ClusterCredential {
  switch (credential.type) {
    case 'bearerToken':
      return { ...credential, ...resolveSource(credential, from) };
    case 'clientCertificate':
      return {
        ...credential,
        certificate: resolveSource(credential.certificate, from),
        key: resolveSource(credential.key, from),
      };
    case 'serviceAccount':
      return { ...credential, directory: absolute(from, credential.directory) };
    case 'exec':
    case 'eks':
      return credential;
  }
}

function resolveSource<Source extends MaterialSource>(source: Source, from: string): Source {
  return source.file === undefined ? source : { ...source, file: absolute(from, source.file) };
}

function absolute(from: string, path: string): string {
  return resolve(dirname(from), path);
}
