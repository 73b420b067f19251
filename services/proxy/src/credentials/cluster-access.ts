import type { LoggerService } from '@nestjs/common';
import type { ConnectionDocument } from '@drawbridge/contracts';
import { join } from 'node:path';
import { BearerTokenCredential } from './bearer-token-credential.js';
import { ClientCertificateCredential } from './client-certificate-credential.js';
import type { ClusterEndpoint } from './cluster-endpoint.js';
import { ConfiguredEndpoint } from './configured-endpoint.js';
import type { Credential } from './credential.js';
import type { AwsClients } from './eks/aws-clients.js';
import { EksClusterEndpoint } from './eks/eks-cluster-endpoint.js';
import { EksCredential } from './eks/eks-credential.js';
import { ExecPluginCredential } from './exec-credential.js';
import { materialOf, type MaterialPlaces } from './material.js';
import { reportFailure } from './report-failure.js';
import { impersonating } from '../identity-modes/impersonating-credential.js';

/** Where the gateway's own identity and secrets come from. Shared by all connections of a process. */
export interface CredentialPlaces extends MaterialPlaces {
  readonly aws: AwsClients;
  readonly logger: LoggerService;
}

/** How one cluster is found and how the gateway authenticates to it. */
export interface ClusterAccess {
  readonly endpoint: ClusterEndpoint;
  readonly credential: Credential;
  close(): Promise<void>;
}

/** What a Connection document says of both. Nothing is read or asked before the first call needs it. */
export function clusterAccess(
  document: ConnectionDocument,
  places: CredentialPlaces,
): ClusterAccess {
  const endpoint = endpointOf(document, places);
  const own = credentialOf(document, endpoint, places);
  const credential = impersonating(own, document.spec.identity);
  return {
    endpoint,
    credential,
    close: async () => {
      await Promise.all([endpoint.close(), credential.close()]);
    },
  };
}

function endpointOf(
  { metadata: { name }, spec }: ConnectionDocument,
  { aws: clients, logger }: CredentialPlaces,
): ClusterEndpoint {
  const { server, certificateAuthorityFile, credential } = spec;
  const onFailure = reportFailure(logger, name, 'endpoint');
  if (server !== undefined) {
    const options = { connection: name, server: new URL(server), certificateAuthorityFile };
    return new ConfiguredEndpoint({ ...options, onFailure });
  }
  if (credential.type === 'eks') {
    return new EksClusterEndpoint({ connection: name, spec: credential, clients, onFailure });
  }
  throw new TypeError(`connection ${name} has no server`);
}

function credentialOf(
  { metadata: { name }, spec }: ConnectionDocument,
  endpoint: ClusterEndpoint,
  places: CredentialPlaces,
): Credential {
  const { credential, tlsServerName } = spec;
  const onFailure = reportFailure(places.logger, name, credential.type);
  switch (credential.type) {
    case 'bearerToken':
      return new BearerTokenCredential(name, materialOf(credential, places), onFailure);
    case 'serviceAccount': {
      const file = join(credential.directory, 'token');
      return new BearerTokenCredential(name, materialOf({ file }, places), onFailure);
    }
    case 'clientCertificate': {
      const certificate = materialOf(credential.certificate, places);
      const key = materialOf(credential.key, places);
      return new ClientCertificateCredential(name, { certificate, key }, onFailure);
    }
    case 'exec': {
      const { environment } = places;
      const options = { connection: name, spec: credential, environment, endpoint };
      return new ExecPluginCredential({ ...options, tlsServerName, onFailure });
    }
    case 'eks':
      return new EksCredential({
        connection: name,
        spec: credential,
        clients: places.aws,
        onFailure,
      });
  }
}
