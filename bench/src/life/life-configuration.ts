import { CONNECTION } from '../drawbridge/drawbridge-peer.js';
import { AGENTS_GROUP, approvers, APPROVERS_GROUP, AUDIENCE } from './life-people.js';
import type { Ready } from './stand-ins-messages.js';

export const NAMESPACE = 'payments';
/** What every agent asks for. */
export const ACTION = 'look';
export const GRANT_SECONDS = 3_600;

const apiVersion = 'drawbridge.dev/v1alpha1';

/** The documents beside that of the connection, by the file they go to. JSON is YAML. */
export const documentsOf = (at: Ready): Readonly<Record<string, string>> => ({
  'issuer.yaml': JSON.stringify(issuerDocument(at)),
  'humans.yaml': humanDocuments(at)
    .map((document) => JSON.stringify(document))
    .join('\n---\n'),
  'actions.yaml': JSON.stringify(actionDocument),
  'policies.yaml': JSON.stringify(policyDocument),
});

const issuerDocument = ({ issuer }: Ready) => ({
  apiVersion,
  kind: 'Issuer',
  metadata: { name: 'bench' },
  spec: {
    issuer,
    audiences: [AUDIENCE],
    algorithms: ['RS256'],
    allowInsecureHttp: true,
    claims: {
      kind: { pointer: '/principal_type', agent: ['agent'], human: ['human'] },
      groups: '/groups',
      email: '/email',
      owner: '/owner',
    },
  },
});

const humanDocuments = ({ issuer, slack }: Ready) =>
  approvers.map(({ name, subject, email, slack: user }) => ({
    apiVersion,
    kind: 'Human',
    metadata: { name },
    spec: {
      issuer,
      subject,
      email,
      groups: [APPROVERS_GROUP],
      ...(user !== undefined && { slack: { team: slack.teamId, user: slack.users[user] } }),
    },
  }));

const actionDocument = {
  apiVersion,
  kind: 'Action',
  metadata: { name: ACTION },
  spec: {
    description: 'Look at one deployment',
    parameters: [
      { name: 'namespace', description: 'Namespace of the deployment' },
      { name: 'deployment', description: 'Name of the deployment' },
    ],
    rules: [
      {
        verbs: ['get'],
        apiGroups: ['apps'],
        resources: ['deployments'],
        namespaces: ['{namespace}'],
        resourceNames: ['{deployment}'],
      },
    ],
  },
};

const policyDocument = {
  apiVersion,
  kind: 'Policy',
  metadata: { name: 'bench' },
  spec: {
    subjects: { groups: [AGENTS_GROUP] },
    connections: { names: [CONNECTION] },
    namespaces: [NAMESPACE],
    actions: [ACTION],
    maxDurationSeconds: GRANT_SECONDS,
    approval: { type: 'humans', count: 1, groups: [APPROVERS_GROUP], timeoutSeconds: 3_600 },
  },
};
