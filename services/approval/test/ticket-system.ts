import { createHmac } from 'node:crypto';

/** A ticket system that signs what it says, out of the specifications and not out of our code. */
export interface TicketSystem {
  readonly name: string;
  /** Headers for this body; what is given is signed instead of what is usual. */
  headersOf(body: string, options?: { readonly id?: string; readonly at?: Date }): Headers;
}

type Headers = Readonly<Record<string, string>>;

/** By Standard Webhooks. */
export const standardSystem = (name: string, secret: string): TicketSystem => ({
  name,
  headersOf: (body, { id = 'msg_1', at = new Date() } = {}) => {
    const timestamp = Math.floor(at.getTime() / 1000);
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${mac}`,
    };
  },
});

/** As Jira does. */
export const jiraSystem = (name: string, secret: string): TicketSystem => ({
  name,
  headersOf: (body, { id = 'a1' } = {}) => ({
    'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    'x-atlassian-webhook-identifier': id,
  }),
});
