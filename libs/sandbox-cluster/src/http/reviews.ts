import { methodNotAllowed } from '../api-status.js';
import { type JsonObject, objectAt, stringAt } from '../json.js';
import type { Exchange, User } from './exchange.js';
import { readObjectBody } from './read-request-body.js';
import type { ResourceRequest } from './request-info.js';

const reviews: Readonly<Record<string, (body: JsonObject, user: User) => JsonObject>> = {
  'authorization.k8s.io/v1/selfsubjectaccessreviews': (body) => ({
    spec: objectAt(body, 'spec'),
    status: { allowed: true, reason: 'everyone who is let in is an administrator of the sandbox' },
  }),
  'authorization.k8s.io/v1/selfsubjectrulesreviews': () => ({
    spec: {},
    status: {
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    },
  }),
  'authentication.k8s.io/v1/selfsubjectreviews': (_body, { username, uid, groups }) => ({
    status: { userInfo: { username, ...(uid === '' ? {} : { uid }), groups } },
  }),
};

/** The kinds by resource, for discovery too. */
export const reviewKinds: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
  selfsubjectreviews: 'SelfSubjectReview',
};

const keyOf = ({ group, version, resource }: ResourceRequest): string =>
  `${group}/${version}/${resource}`;

/** True for the kinds that are asked and never stored. */
export function isReview(info: ResourceRequest): boolean {
  return Object.hasOwn(reviews, keyOf(info)) && info.name === undefined;
}

/** Answers who the caller is and what it may do: in the sandbox, everything. */
export async function handleReview(
  exchange: Exchange,
  info: ResourceRequest,
  user: User,
): Promise<void> {
  if (exchange.method !== 'POST') throw methodNotAllowed();
  const body = (await readObjectBody(exchange)) ?? {};
  const answer = reviews[keyOf(info)]?.(body, user) ?? {};
  const name = stringAt(body, 'metadata', 'name');
  return exchange.send(201, {
    kind: reviewKinds[info.resource],
    apiVersion: `${info.group}/${info.version}`,
    metadata: name === undefined ? {} : { name },
    ...answer,
  });
}
