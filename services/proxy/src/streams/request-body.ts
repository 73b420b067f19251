import { CallRefused } from '../domain/call-refused.js';

/** As the apiserver: larger objects do not exist. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

export const bodyTooLarge = () =>
  new CallRefused('body_too_large', `expected a body of at most ${MAX_BODY_BYTES} bytes`);
