import { allows } from '@drawbridge/scope';
import type { BodyCut } from '@drawbridge/contracts';
import { upstreamRequestHeaders } from '../domain/forwarded-headers.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import { headerValue } from '../domain/request-head.js';
import { asksForDryRun } from '../guard/call-guard.js';
import { isDryRun, isJson, saysDryRunInBody } from '../guard/call-under-guard.js';
import { objectPath } from '../hold/object-path.js';
import type { CallBodies } from '../bodies/call-bodies.js';
import { collectAnswer, type WholeAnswer } from '../upstream/collect-answer.js';
import type { Step } from './exchange.js';
import type { Recorder } from './record-call.js';
import type { Tracked } from './track-live.js';

/** The call waits for it, so it is given less time than a call of its own. */
const limits = { answerMs: 5_000, maxBytes: 8 * 1024 * 1024 } as const;
const [OK, NOT_FOUND, UNAUTHORIZED, FORBIDDEN] = [200, 404, 401, 403];

/**
 * Puts the object on the record as it is before it is changed: read by the credential and the identity of the call,
 * masked as for the agent, and only if the grant lets the agent read it too. Never refuses a call; why it could not be
 * read is on the record.
 *
 * Comes behind the record of the call, so that the cluster is asked nothing that nobody knows of.
 */
export const keepBefore =
  (recorder: Pick<Recorder, 'body'>): Step<Tracked, Tracked> =>
  (next) => {
    const goOnLater = async (call: Tracked, before: Promise<string>) => {
      recorder.body(call, await before);
      return next(call);
    };
    return (call) => {
      const { bodies, kube } = call;
      if (bodies?.plan.before !== true || kube.kind !== 'resource' || changesNothing(call)) {
        return next(call);
      }
      return goOnLater(call, beforeLine(call, kube, bodies));
    };
  };

function changesNothing(call: Tracked): boolean {
  if (!saysDryRunInBody(call)) return isDryRun(call);
  return call.body.kind === 'held' && isJson(call) && asksForDryRun(call.body.bytes);
}

async function beforeLine(
  call: Tracked,
  kube: ResourceRequest,
  bodies: CallBodies,
): Promise<string> {
  const object = await objectBefore(call, kube);
  if (typeof object === 'string') return bodies.missing('before', object);
  return bodies.whole({ direction: 'before', contentType: 'application/json', bytes: object });
}

async function objectBefore(call: Tracked, kube: ResourceRequest): Promise<Buffer | BodyCut> {
  const seen = { ...kube, verb: 'get', subresource: '' };
  if (!allows(call.grant.rules, seen)) return 'before_not_granted';
  try {
    const prepared = await call.upstream.prepare(call.identity);
    const waitsFor = call.answer;
    return shown(
      await collectAnswer(prepared, questionOf(call, kube), { ...limits, waitsFor }),
      call,
    );
  } catch {
    return 'before_unavailable';
  }
}

function questionOf({ request }: Tracked, kube: ResourceRequest) {
  return {
    method: 'GET',
    target: objectPath(kube),
    headers: upstreamRequestHeaders(request.headers, { accept: 'application/json', plain: true }),
    body: null,
    longRunning: false,
    readOnly: true,
  };
}

/** @throws MaskRefused when nobody can tell what has to be masked */
function shown({ statusCode, rawHeaders, body }: WholeAnswer, { kube, mask }: Tracked) {
  if (statusCode === NOT_FOUND) return 'before_not_found';
  if (statusCode === UNAUTHORIZED || statusCode === FORBIDDEN) return 'before_refused';
  if (statusCode !== OK || kube.kind !== 'resource') return 'before_unavailable';
  const { apiGroup, resource } = kube;
  const contentType = headerValue(rawHeaders, 'content-type') ?? '';
  const contentEncoding = headerValue(rawHeaders, 'content-encoding') ?? '';
  const head = { contentType, contentEncoding, isStream: false };
  const masked = mask.masker.body({ apiGroup, resource, subresource: '' }, head);
  // What comes out of a masker is good until it gets more.
  const first = masked.push(body).map((piece) => Buffer.from(piece));
  return Buffer.concat([...first, ...masked.end()]);
}
