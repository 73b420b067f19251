import { z } from 'zod';
import { slackApprovers } from './life-people.js';

/** What the process of the stand-ins is told to run with. */
export const StandInsSetting = z.object({
  agents: z.int(),
  /** Of the cluster. */
  namespace: z.string(),
  deployments: z.array(z.string()),
});
export type StandInsSetting = z.infer<typeof StandInsSetting>;

/** A card, and who is to press its button. */
export const Press = z.object({ requestId: z.string(), user: z.enum(slackApprovers) });
export type Press = z.infer<typeof Press>;

/** Asks for the presses of these cards, signed as Slack signs them. */
export const SignPresses = z.object({ callbackUrl: z.string(), presses: z.array(Press) });
export type SignPresses = z.infer<typeof SignPresses>;

const Signed = z.object({
  url: z.string(),
  body: z.string(),
  headers: z.record(z.string(), z.string()),
});

const Ready = z.object({
  kind: z.literal('ready'),
  issuer: z.string(),
  /** Of each agent, by its number. */
  agentTokens: z.array(z.string()),
  /** Of each approver, in the order in which they are listed. */
  approverTokens: z.array(z.string()),
  cluster: z.object({ port: z.int(), certificateAuthority: z.string() }),
  slack: z.object({
    apiUrl: z.string(),
    botToken: z.string(),
    signingSecret: z.string(),
    teamId: z.string(),
    appId: z.string(),
    channelId: z.string(),
    users: z.record(z.enum(slackApprovers), z.string()),
  }),
});
/** Where the stand-ins are, once they run. */
export type Ready = z.infer<typeof Ready>;

/** What the process of the stand-ins says. */
export const StandInsMessage = z.discriminatedUnion('kind', [
  Ready,
  z.object({ kind: z.literal('signed'), signed: z.array(Signed) }),
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);
export type StandInsMessage = z.infer<typeof StandInsMessage>;
