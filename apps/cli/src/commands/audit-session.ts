import { SessionStory, type StoryCall } from '@drawbridge/contracts';
import { storyText } from '@drawbridge/replay';
import type { Command } from 'commander';
import { exitCode, type ExitCode } from '../exit-code.js';
import { parseLimit } from '../input/limit.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

const PAGE = 200;
const MAX_LIMIT = 100_000;

interface StoryOptions extends SharedOptions {
  readonly limit: string;
}

/** `drawbridge audit session` */
export function registerSession(registrar: Registrar, group: Command): void {
  const session = group
    .command('session')
    .summary('one session as a story: who asked why, who approved, what was done')
    .description(
      'Tells a session: who asked why, who approved, each call with its decision, rule and answer, what writes changed, held calls and who released them, recordings, and how it ended. For auditors, and who owns the agent.',
    )
    .argument('<id>', 'of a grant, or of the access request')
    .option('--limit <count>', `how many calls, at most ${MAX_LIMIT}`, '1000')
    .addHelpText(
      'after',
      examples(['drawbridge audit session <grant>', 'drawbridge audit session <request> -o json']),
    );
  sharedOptions(session).action(
    action(registrar, (context, command) =>
      tell(context, command.args[0] ?? '', command.opts<StoryOptions>()),
    ),
  );
}

async function tell(context: CommandContext, id: string, options: StoryOptions): Promise<ExitCode> {
  const story = await storyOfSession(context, id, parseLimit(options.limit, MAX_LIMIT));
  context.show(story, () => storyText(story));
  if (story.nextCursor !== undefined) context.note('there is more: --limit');
  return exitCode.ok;
}

/** A session with up to `limit` of its calls. */
async function storyOfSession(
  context: CommandContext,
  id: string,
  limit: number,
): Promise<SessionStory> {
  const calls: StoryCall[] = [];
  for (let cursor: string | undefined = undefined; ;) {
    // A token may end while thousands are read.
    const api = await context.part('audit');
    const page: SessionStory = await api.call({
      path: `/v1/audit/sessions/${encodeURIComponent(id)}`,
      query: { limit: String(Math.min(PAGE, limit - calls.length)), cursor },
      answer: SessionStory,
    });
    calls.push(...page.calls);
    cursor = page.nextCursor;
    if (cursor === undefined || calls.length >= limit) return { ...page, calls };
  }
}
