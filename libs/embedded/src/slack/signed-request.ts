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

/** What Slack sends, before it is signed. */
export interface UnsignedRequest {
  readonly url: string;
  readonly body: string;
  readonly contentType: string;
}

const FORM = 'application/x-www-form-urlencoded';

/** An interaction, form-encoded. */
export const interactionRequest = (url: string, payload: unknown): UnsignedRequest => ({
  url,
  body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString(),
  contentType: FORM,
});

/** A slash command, form-encoded. */
export const commandRequest = (
  url: string,
  fields: Readonly<Record<string, string>>,
): UnsignedRequest => ({
  url,
  body: new URLSearchParams(fields).toString(),
  contentType: FORM,
});

/** An event, as JSON. */
export const eventRequest = (url: string, body: unknown): UnsignedRequest => ({
  url,
  body: JSON.stringify(body),
  contentType: 'application/json',
});

/**
 * Signs with HMAC-SHA256 over `v0:<timestamp>:<body>`, as Slack does.
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function signRequest(
  { url, body, contentType }: UnsignedRequest,
  { signingSecret, timestamp }: SigningOptions,
): SignedRequest {
  const base = `v0:${timestamp}:${body}`;
  const signature = createHmac('sha256', signingSecret).update(base).digest('hex');
  return {
    url,
    body,
    headers: {
      'Content-Type': contentType,
      'X-Slack-Request-Timestamp': String(timestamp),
      'X-Slack-Signature': `v0=${signature}`,
    },
  };
}

/** How the app answered. */
export interface InteractionAnswer {
  /** 0 when it did not, in three seconds. */
  readonly status: number;
  readonly body: string;
  /** What was sent, so that a test can send the very same again. */
  readonly sent: SignedRequest;
}

/** Slack gives up after this, and shows the user an error. */
const PATIENCE_MS = 3_000;

export async function sendSigned(request: SignedRequest): Promise<InteractionAnswer> {
  const { url, body, headers } = request;
  const options = { method: 'POST', body, headers, signal: AbortSignal.timeout(PATIENCE_MS) };
  try {
    const response = await fetch(url, options);
    return { status: response.status, body: await response.text(), sent: request };
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'TimeoutError') throw error;
    return { status: 0, body: '', sent: request };
  }
}
