import { z } from 'zod';
import { ConnectionName, Risk } from './access-terms.js';
import { document, label } from './document.js';

const words = z.array(z.string().min(1).max(63)).min(1).max(100);

/** Where the card of what is asked goes. */
export const SlackRoute = z.strictObject({
  when: z
    .strictObject({
      connections: z.array(ConnectionName).min(1).max(100).optional(),
      environments: words.optional().describe('Of the connection'),
      teams: words.optional().describe('The label `team` of the connection'),
      risk: z
        .array(Risk.shape.level)
        .min(1)
        .max(3)
        .optional()
        .describe('Of the request; a held call has none'),
    })
    .default({})
    .describe('All of it; nothing: everything that comes here'),
  channel: z
    .string()
    .regex(/^[CG][A-Z0-9]+$/, 'expected a channel id, C… or G…, not its name')
    .describe('The app must be a member'),
  alsoDirect: z
    .array(z.string().min(1))
    .min(1)
    .max(20)
    .optional()
    .describe('Up to five humans of these groups who may decide get the card directly, too'),
});
export type SlackRoute = z.infer<typeof SlackRoute>;

/** Which cards go where; of all routes the first that matches counts, in the order of files and documents. */
export const RoutingDocument = document(
  'Routing',
  label,
  z.strictObject({
    description: z.string().max(200).optional(),
    routes: z.array(SlackRoute).min(1).max(100),
  }),
);
export type RoutingDocument = z.infer<typeof RoutingDocument>;
