/** What a client has just sent must not reach the workload: the session ends before it does. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';

  constructor(
    readonly code: 'guardrail_denied',
    message: string,
    /** The guardrail that says so. */
    readonly rule: string,
  ) {
    super(message);
  }
}
