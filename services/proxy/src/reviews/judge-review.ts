import type { Principal } from '@drawbridge/contracts';
import type { Caller } from '../domain/authorize.js';
import { describeCall } from '../domain/describe-call.js';
import { requestOf } from '../domain/asked-call.js';
import { accessReviewStatus, rulesReviewStatus, userInfo } from '../domain/review-status.js';
import type { Review } from './review.js';

/** The answer to a review: the object that the client gets back, and what the record says of it. */
export interface JudgedReview {
  readonly spec?: unknown;
  readonly status: unknown;
  /** In words, for the record. */
  readonly told: string;
}

export function judgeReview(review: Review, agent: Principal, caller: Caller): JudgedReview {
  switch (review.kind) {
    case 'SelfSubjectAccessReview': {
      const { asked } = review;
      const { status } = accessReviewStatus(caller, asked);
      const answer = `${status.allowed ? 'yes' : 'no'}, ${status.reason}`;
      const told = `asked whether it may ${describeCall(requestOf(asked))}: ${answer}`;
      return { spec: specOf(asked), status, told };
    }
    case 'SelfSubjectRulesReview': {
      const { namespace } = review;
      const told = `asked what it may do in namespace ${namespace}`;
      return { spec: { namespace }, status: rulesReviewStatus(caller, namespace), told };
    }
    case 'SelfSubjectReview':
      return { status: { userInfo: userInfo(agent, caller) }, told: 'asked who it is' };
  }
}

/** The question again, as the apiserver repeats it in its answer. */
function specOf(asked: Extract<Review, { kind: 'SelfSubjectAccessReview' }>['asked']) {
  if (asked.kind === 'nonResource') {
    const { path, verb } = asked;
    return { nonResourceAttributes: { path, verb } };
  }
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, name } = asked;
  const version = { group: apiGroup, version: apiVersion };
  const attributes = { namespace, verb, ...version, resource, subresource, name };
  const given = Object.entries(attributes).filter(([, value]) => value !== '');
  return { resourceAttributes: Object.fromEntries(given) };
}
