import type { Masker, MaskTarget } from '@drawbridge/masking';
import { acceptedJson } from '../domain/accepted-json.js';
import { CallRefused } from '../domain/call-refused.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { RequestHeaders } from '../domain/request-headers.js';
import type { AnswerHead, BodyTransform, TransformAnswer } from '../streams/body-transform.js';
import { MaskedBody, NoBody, translated } from './masked-body.js';
import { readsReleases, releasesShown, ShownReleases } from './shown-releases.js';

/** What is different about a call because its answer is masked. */
export interface CallMask {
  readonly masker: Masker;
  /** What is accepted of the cluster instead of what the client accepts; `undefined`: the same. */
  readonly accept: string | undefined;
  /** The answer has to come as it is, not compressed. */
  readonly plain: boolean;
  readonly transform: TransformAnswer;
  /** A `Warning` that says what is not masked, for the client and the record. */
  readonly notice?: string;
}

/** What a call says of itself, as far as it matters. */
export interface MaskedCall {
  readonly kube: KubeRequest;
  readonly headers: Pick<RequestHeaders, 'value'>;
  readonly masker: Masker;
  /** Helm's releases are left as they are. @default false */
  readonly showsReleases?: boolean;
}

/**
 * Prepares a call whose answer is masked, as all are that can carry a value: it is asked for as JSON.
 *
 * @throws {@link CallRefused} `not_acceptable`
 */
export function callMask(call: MaskedCall): CallMask {
  const { kube, headers, masker, showsReleases = false } = call;
  if (kube.kind === 'nonResource') return pathMask(kube.path, masker);
  if (showsReleases && readsReleases(kube)) return releasesMask({ kube, headers, masker });
  const { apiGroup, resource, subresource, verb, method } = kube;
  const target = { apiGroup, resource, subresource };
  const isStream = verb === 'watch';
  return {
    masker,
    accept: subresource === 'log' ? logAccept(headers) : jsonAccept(headers),
    plain: true,
    transform: (head) =>
      hasNoBody(method, head) ? new NoBody() : bodyMask(masker, target, { ...head, isStream }),
  };
}

/** Of a call by which Helm reads its releases, where these are shown. */
function releasesMask(call: MaskedCall): CallMask {
  const mask = callMask({ ...call, showsReleases: false });
  return {
    ...mask,
    notice: releasesShown,
    transform: (head) => {
      const transform = mask.transform(head);
      const isAnswer = transform !== undefined && head.statusCode === 200;
      return isAnswer ? new ShownReleases(transform) : transform;
    },
  };
}

/** Of a call that opens a channel: what is masked there are the bytes of its streams. */
export const channelMask = (masker: Masker): CallMask => ({
  masker,
  accept: undefined,
  plain: true,
  transform: (head) => bodyMask(masker, NO_OBJECT, { ...head, isStream: false }),
});

/** Says what kinds of objects there are and how they look, in the cluster's own words, and holds no object. */
const described = /^\/(?:api|apis|openapi)(?:\/.*)?$|^\/version$/;
const NO_OBJECT: MaskTarget = { apiGroup: '', resource: '', subresource: '' };

function pathMask(path: string, masker: Masker): CallMask {
  const passes = described.test(path);
  return {
    masker,
    accept: undefined,
    plain: !passes,
    transform: (head) => {
      const { statusCode } = head;
      if (passes && (statusCode === 200 || statusCode === 304)) return undefined;
      return bodyMask(masker, NO_OBJECT, { ...head, isStream: false });
    },
  };
}

const hasNoBody = (method: string, { statusCode }: AnswerHead): boolean =>
  method === 'HEAD' || statusCode === 204 || statusCode === 304;

type MaskedHead = Parameters<Masker['body']>[1] & Pick<AnswerHead, 'statusCode'>;

/** An error is one document, in a watch too. */
function bodyMask(masker: Masker, target: MaskTarget, head: MaskedHead): BodyTransform {
  const isStream = head.isStream && head.statusCode === 200;
  try {
    return new MaskedBody(masker.body(target, { ...head, isStream }));
  } catch (error) {
    throw translated(error);
  }
}

/** What was made of the headers of a client lately, which mostly are those of its next call too. */
const lastAccepts = new WeakMap<Pick<RequestHeaders, 'value'>, { accept: string | undefined }>();

function jsonAccept(headers: Pick<RequestHeaders, 'value'>): string {
  let known = lastAccepts.get(headers);
  if (known === undefined) {
    known = { accept: acceptedJson(headers.value('accept') ?? '') };
    lastAccepts.set(headers, known);
  }
  if (known.accept !== undefined) return known.accept;
  throw new CallRefused(
    'not_acceptable',
    'what may be seen of an answer can be told in JSON only: accept application/json',
  );
}

/** A log comes as text whatever is accepted, but not if that is nothing that the cluster knows. */
const logAccept = (headers: Pick<RequestHeaders, 'value'>): string | undefined =>
  acceptedJson(headers.value('accept') ?? '');
