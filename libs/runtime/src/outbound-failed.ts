/** Why nothing came of a call to somebody else's address. */
export type OutboundFailure = 'address_refused' | 'no_answer' | 'answer_too_large';

/** A call to somebody else's address failed; whoever made it has a code for that. The message may be shown. */
export class OutboundFailed extends Error {
  constructor(
    readonly reason: OutboundFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
