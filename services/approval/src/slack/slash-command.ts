import { z } from 'zod';

const id = z.string().min(1).max(64);
export const COMMAND = '/drawbridge';

/** The fields of a slash command. */
export const SlashCommand = z.looseObject({
  command: z.string().max(100),
  text: z.string().max(3000).default(''),
  team_id: id,
  api_app_id: id,
  user_id: id,
  trigger_id: z.string().min(1).max(256),
  /** Where a late answer goes. */
  response_url: z.url().max(1000),
});
export type SlashCommand = z.infer<typeof SlashCommand>;

/** Who typed a command, as an interaction says it. */
export const typedBy = ({ user_id, team_id }: SlashCommand) => ({
  user: { id: user_id, team_id },
});
