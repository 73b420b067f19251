import { z } from 'zod';
import { ConnectionName } from './access-terms.js';
import { AnswerMasking, PortForwarding } from './answer-masking.js';
import { CallRecording } from './call-recording.js';
import { ClusterAudit } from './cluster-audit.js';
import { ClusterCredential } from './cluster-credential.js';
import { ClusterIdentity } from './cluster-identity.js';
import { ConnectorAccess } from './connector-access.js';
import { document, filePath } from './document.js';

const hostName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
    'expected a DNS name in lower case',
  );

/** One cluster as Drawbridge reaches it. Policy reads name and environment, audit `clusterAudit`; only the proxy reads the rest. */
export const ConnectionDocument = document(
  'Connection',
  ConnectionName,
  z.strictObject({
    environment: z.string().min(1).max(63),
    description: z.string().max(200).optional(),
    owner: z.string().max(320).optional(),
    server: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe(
        'Base address of the API server; default: looked up for eks, the cluster itself for serviceAccount',
      ),
    certificateAuthorityFile: filePath
      .optional()
      .describe('PEM; default: what comes with the default of `server`, or the system roots'),
    tlsServerName: z.string().optional(),
    hosts: z
      .array(hostName)
      .min(1)
      .max(20)
      .optional()
      .describe('Host names of the gateway that stand for this connection, without a path prefix'),
    connector: ConnectorAccess.optional().describe(
      'The gateway has no way to `server`: connectors in the network of the cluster dial in and are it',
    ),
    credential: ClusterCredential,
    identity: ClusterIdentity.optional().describe(
      'As whom calls reach the cluster; default: gateway',
    ),
    masking: AnswerMasking.optional().describe('What is masked beside what always is'),
    recording: CallRecording.optional().describe('What is kept of calls beside their record'),
    clusterAudit: ClusterAudit.optional().describe(
      'The audit log of the cluster itself, which audit compares with the record',
    ),
    portForward: PortForwarding.optional().describe(
      'Ports of pods; what passes there is masked by nobody. Default: refuse',
    ),
  }),
);
export type ConnectionDocument = z.infer<typeof ConnectionDocument>;
