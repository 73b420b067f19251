import { z } from 'zod';
import { AccessEvent } from './access-event.js';
import { alarmEventTypes } from './audit-events.js';
import { document, filePath, label } from './document.js';
import { InboundSpec, TicketStateSpec } from './ticket-system.js';

const eventTypes = AccessEvent.options.map(({ shape }) => shape.type.value);

/** Somebody's address that is told what happens to access requests, and of alarms. Read by approval. */
export const WebhookDocument = document(
  'Webhook',
  label,
  z.strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('Takes a POST; any 2xx is a yes'),
    events: z
      .array(z.enum([...eventTypes, ...alarmEventTypes]))
      .min(1)
      .optional()
      .describe(
        'Default: all types of requests and grants. Alarms are told only to who names them',
      ),
    for: z
      .union([
        z.literal('all'),
        z.strictObject({
          agents: z
            .array(z.strictObject({ issuer: z.string().min(1), subject: z.string().min(1) }))
            .min(1)
            .max(100),
        }),
      ])
      .describe('Whose requests: of all, or of these agents'),
    secretFile: filePath.describe('`whsec_` and 24 to 64 random bytes in base64'),
    formerSecretFile: filePath
      .optional()
      .describe('While it is changed: every message is signed with both'),
    certificateAuthorityFile: filePath.optional().describe('PEM; for an address with a private CA'),
    allowInsecureHttp: z
      .boolean()
      .default(false)
      .describe('Only for a loopback address; refused for any other'),
    ticketState: TicketStateSpec.optional().describe('What state a ticket is in'),
    inbound: InboundSpec.optional().describe('Its callbacks count as steps of policies'),
  }),
);
export type WebhookDocument = z.infer<typeof WebhookDocument>;
