import { mediaTypeOf } from '../guard/call-under-guard.js';
import type { Guarded } from '../chain/guard-call.js';
import type { CallBodies, Line } from './call-bodies.js';
import { maskedRequest } from './masked-request.js';

/** What a call brings along, masked. @returns `undefined` when it brings nothing */
export function requestBodyLine(
  call: Pick<Guarded, 'request' | 'kube' | 'mask' | 'body'>,
  bodies: CallBodies,
): Line | undefined {
  const { body, kube, request, mask } = call;
  if (body.kind !== 'held' || body.bytes.length === 0) return undefined;
  const masked = maskedRequest(
    {
      bytes: body.bytes,
      mediaType: mediaTypeOf(call),
      contentEncoding: request.headers.value('content-encoding') ?? '',
    },
    { masker: mask.masker, target: kube.kind === 'resource' ? kube : noObject },
  );
  if (masked === undefined) return bodies.missing('request', 'not_maskable');
  return bodies.whole({ direction: 'request', ...masked });
}

const noObject = { apiGroup: '', resource: '', subresource: '' };
