import { constants, type Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';

export interface GuardLimits {
  /** How often the other side is asked whether it is there. @default 3000 */
  readonly everyMs?: number;
  /** How long it may take to answer. @default 6000 */
  readonly answerMs?: number;
  /** `PING` and `SETTINGS` of the other side between two looks. @default 100 */
  readonly maxControlFrames?: number;
}

/**
 * Ends a session whose other side is gone without a word, or floods it with frames that cost an answer each.
 * Either would hold every stream on it for as long as TCP believes in the connection.
 *
 * A session that has ended waits for the other side to close its half of `socket`, which it may never do.
 */
export function guardSession(
  session: Http2Session,
  socket: Pick<Duplex, 'destroy'>,
  limits: GuardLimits = {},
): void {
  const { everyMs = 3_000, answerMs = 6_000, maxControlFrames = 100 } = limits;
  let frames = 0;
  let askedAtMs: number | undefined;
  const count = () => {
    frames += 1;
    if (frames <= maxControlFrames) return;
    session.destroy(new Error('flood'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
  session.on('ping', count).on('remoteSettings', count);
  const timer = setInterval(() => {
    if (session.destroyed) {
      // Node throws out of `ping` now, and that would end the process.
      socket.destroy();
      return;
    }
    frames = 0;
    const now = performance.now();
    if (askedAtMs !== undefined) {
      if (now - askedAtMs > answerMs) session.destroy(new Error('no answer to a PING'));
      return;
    }
    askedAtMs = now;
    session.ping(() => (askedAtMs = undefined));
  }, everyMs);
  session.once('close', () => clearInterval(timer));
}
