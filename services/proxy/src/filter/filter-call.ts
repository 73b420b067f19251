import { acceptedJson } from '../domain/accepted-json.js';
import { CallRefused } from '../domain/call-refused.js';
import { filteredTarget } from '../domain/filtered-target.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import { headerValues } from '../domain/request-head.js';
import type { AnswerHead, BodyTransform, TransformAnswer } from '../streams/body-transform.js';
import { isPlainJson, JsonBody, notFilterable } from './json-body.js';
import { failureRules, listRules, watchRules } from './name-rules.js';

/** What is different about a list or watch of which only some objects may be seen. */
export interface CallFilter {
  /** What is asked of the cluster instead of what the client asked. */
  readonly target: string;
  readonly accept: string;
  readonly transform: TransformAnswer;
}

/**
 * Prepares a list or watch whose answer shows objects named `names` only.
 *
 * The selectors of the client go to the cluster as they are: what they select among hidden objects is hidden again
 * by the filter behind them, so they answer no question about those.
 *
 * @throws {@link CallRefused} `continue_refused`, `not_acceptable`
 */
export function filterCall(
  kube: ResourceRequest,
  rawHeaders: readonly string[],
  names: readonly string[],
): CallFilter {
  const accept = acceptedJson(headerValues(rawHeaders, 'accept').join(','));
  if (accept === undefined) {
    throw new CallRefused(
      'not_acceptable',
      'your grant shows some objects only, and such an answer comes as JSON: accept application/json',
    );
  }
  const isWatch = kube.verb === 'watch';
  return {
    target: filteredTarget(kube.target, names),
    accept,
    transform: (head) => transformOf(head, () => bodyOf(isWatch, names)),
  };
}

function bodyOf(isWatch: boolean, names: readonly string[]): BodyTransform {
  return isWatch
    ? new JsonBody({ rules: watchRules(names), stream: true })
    : new JsonBody({ rules: listRules(names) });
}

/** A list is a 200; what the client did wrong it is told as it is; how the cluster failed without its words. */
function transformOf(head: AnswerHead, filter: () => BodyTransform): BodyTransform | undefined {
  const { statusCode } = head;
  if (statusCode >= 400 && statusCode < 500) return undefined;
  if (statusCode !== 200 && statusCode < 500) throw notFilterable(`status ${statusCode}`);
  if (!isPlainJson(head)) throw notFilterable('it is not plain JSON');
  return statusCode === 200 ? filter() : new JsonBody({ rules: failureRules });
}
