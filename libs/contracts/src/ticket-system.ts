import { z } from 'zod';
import { filePath } from './document.js';

/** RFC 6901; not the whole document, which is never one word. */
const pointer = z
  .string()
  .max(200)
  .regex(/^(\/([^/~]|~[01])*)+$/, 'expected a JSON pointer, e.g. /issue/key');
const word = z.string().min(1).max(100);

/** How a ticket system says what became of a ticket: `POST /v1/ticket-callbacks/<name>`. */
export const InboundSpec = z.strictObject({
  scheme: z
    .enum(['standard', 'hub-sha256'])
    .describe('Standard Webhooks, or `X-Hub-Signature: sha256=…` over the body, as Jira signs'),
  secretFile: filePath.describe(
    '`whsec_…` for `standard`; for `hub-sha256` any text of at least 16 bytes. Not the one that we sign with',
  ),
  formerSecretFile: filePath.optional().describe('While it is changed: either is believed'),
  request: pointer.describe('Where the body has the id of the access request'),
  ticket: pointer.describe('Where it has the ticket, which must be that of the request'),
  decision: pointer.describe('Where it has the word that decides'),
  approved: z.array(word).min(1).max(20).describe('Words that are a yes'),
  denied: z.array(word).min(1).max(20).describe('Words that are a no; all others decide nothing'),
  by: pointer.optional().describe('Where it has who decided; kept for the record'),
  seen: pointer
    .optional()
    .describe(
      'Where it has `termsVersion` of the message; without it only terms that nobody narrowed are approved',
    ),
});
export type InboundSpec = z.infer<typeof InboundSpec>;

/** Where the state of a ticket is read, for `autoApprove.when.ticket`. Read by policy. */
export const TicketStateSpec = z.strictObject({
  url: z
    .string()
    .max(500)
    .regex(/^[^{}]*\{ticket\}[^{}]*$/, 'expected an address with {ticket} in it, once')
    .refine((url) => URL.canParse(url.replace('{ticket}', 'X-1')), {
      message: 'expected an address',
    })
    .describe('Answers a GET with JSON; {ticket} stands in the path or the query'),
  pointer: pointer.describe('Where the answer has the state, e.g. /fields/status/name'),
  tokenFile: filePath.optional().describe('Read at each call; for `basic` it holds user:password'),
  authorization: z.enum(['bearer', 'basic']).default('bearer'),
  certificateAuthorityFile: filePath.optional().describe('PEM; for an address with a private CA'),
});
export type TicketStateSpec = z.infer<typeof TicketStateSpec>;

/** Tickets that may stand in an address; any other is not asked about. */
export const TICKET_IN_ADDRESS = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
