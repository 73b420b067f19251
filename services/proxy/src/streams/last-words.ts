import type { StatusInput } from '../domain/kube-status.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { AnswerHead } from './body-transform.js';
import { LogLines } from './log-lines.js';
import { isFramed, isPlain } from './relayed-head.js';
import { WatchFrames } from './watch-frames.js';

/** Where an answer that has begun, and is cut, has a place to say why. */
export interface LastWords {
  /** It can be said now; otherwise behind {@link LastWords.restOfFrame}. */
  readonly atBoundary: boolean;
  /** The answer is complete with it. If not, it breaks off behind it. */
  readonly completes: boolean;
  /** Takes note of a chunk that was passed on whole. */
  pass(chunk: Uint8Array): void;
  /** The rest of what is under way; `undefined` when it does not end in this chunk. */
  restOfFrame(chunk: Uint8Array): Uint8Array | undefined;
  say(status: StatusInput): string;
}

/** How the answer to a call may say why it was cut: a watch in a frame, a log in a line, all else in no way. */
export type LastWordsForm = 'frame' | 'line' | 'none';

export function lastWordsForm(kube: KubeRequest): LastWordsForm {
  if (kube.kind !== 'resource') return 'none';
  if (kube.verb === 'watch') return 'frame';
  return kube.subresource === 'log' ? 'line' : 'none';
}

export function lastWordsOf(form: LastWordsForm, head: AnswerHead): LastWords | undefined {
  if (form === 'frame' && isFramed(head)) return new WatchFrames();
  return form === 'line' && isPlain(head) ? new LogLines() : undefined;
}
