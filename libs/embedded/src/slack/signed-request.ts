import { createHmac } from 'node:crypto';

/** A request as it goes over the wire; sending it twice is a replay. */
export interface SignedRequest {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SigningOptions {
  readonly signingSecret: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

/**
 * An interaction as Slack sends it: form-encoded, signed with HMAC-SHA256 over `v0:<timestamp>:<body>`.
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function signRequest(
  url: string,
  payload: unknown,
  { signingSecret, timestamp }: SigningOptions,
): SignedRequest {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const base = `v0:${timestamp}:${body}`;
  const signature = createHmac('sha256', signingSecret).update(base).digest('hex');
  return {
    url,
    body,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Slack-Request-Timestamp': String(timestamp),
      'X-Slack-Signature': `v0=${signature}`,
    },
  };
}

/** How the app answered an interaction. */
export interface InteractionAnswer {
  readonly status: number;
  readonly body: string;
  /** What was sent, so that a test can send the very same again. */
  readonly sent: SignedRequest;
}

/** Sends an interaction. Slack gives up after 3 seconds and shows the user an error. */
export async function sendSigned(request: SignedRequest): Promise<InteractionAnswer> {
  const { url, body, headers } = request;
  const options = { method: 'POST', body, headers, signal: AbortSignal.timeout(3_000) };
  const response = await fetch(url, options);
  return { status: response.status, body: await response.text(), sent: request };
}
