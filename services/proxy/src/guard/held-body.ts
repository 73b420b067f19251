import { CallRefused } from '../domain/call-refused.js';
import type { Exchange } from '../chain/exchange.js';
import { bodyTooLarge, MAX_BODY_BYTES } from '../streams/request-body.js';

/** How long a client may take to send a body that has to be looked at. */
const ARRIVAL_MS = 30_000;
/** Of all bodies that are looked at, or wait for somebody's decision, at the same time. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
let heldBytes = 0;

/**
 * Reads the body of a call whole: what is judged are the bytes that are forwarded. They count until the call is over.
 *
 * @throws {@link CallRefused} `body_too_large`, `request_timeout`, `malformed_request`, `too_many_calls`
 */
export async function readBody({
  request,
  answer,
  awaitsContinue,
  ends,
}: Pick<Exchange, 'request' | 'answer' | 'awaitsContinue' | 'ends'>): Promise<Buffer> {
  const { body } = request;
  const pieces: Buffer[] = [];
  let length = 0;
  let taken = 0;
  ends.push(() => {
    heldBytes -= taken;
  });
  if (awaitsContinue) answer.writeContinue();
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => {
      clearTimeout(timer);
      body.off('data', onData);
      body.off('end', settle);
      body.off('error', onBroken);
      body.off('close', onBroken);
      // A reset that comes late must not end the process.
      body.on('error', ignore);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onBroken = () =>
      settle(new CallRefused('malformed_request', 'the body ended before it was complete'));
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      taken += chunk.length;
      heldBytes += chunk.length;
      if (length > MAX_BODY_BYTES) settle(bodyTooLarge());
      else if (heldBytes > MAX_HELD_BYTES) settle(tooMany());
      else pieces.push(chunk);
    };
    const timer = setTimeout(() => {
      settle(new CallRefused('request_timeout', 'the body did not arrive in time'));
    }, ARRIVAL_MS);
    body.on('data', onData);
    body.on('end', settle);
    body.on('error', onBroken);
    body.on('close', onBroken);
    if (body.readableEnded) settle();
    else if (body.destroyed) onBroken();
  });
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

const tooMany = () =>
  new CallRefused('too_many_calls', 'too many bodies are being looked at; try again in a moment');

const ignore = () => undefined;
