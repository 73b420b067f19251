import { ActivityRow } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { activityTable } from '../../output/record-answer-text.js';
import { examples, type Registrar } from '../command-context.js';
import { readAnswer, type AnswerOptions, type Subject } from './answer.js';
import { end, pick, questionOptions } from './question-options.js';

const subject = (by: string | undefined): Subject<ActivityRow> => ({
  path: 'activity',
  row: ActivityRow,
  table: activityTable,
  next: `${by === 'grant' ? 'one as a story: drawbridge audit session <grant>' : 'its sessions: --by grant'}; each call: drawbridge audit commands --agent <subject>`,
});

/** `drawbridge audit agent` */
export function registerAgent(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('agent')
      .argument('<subject>', 'of the agent, or <issuer>#<subject>')
      .summary('what an agent did')
      .description('Tells what an agent did, last week if no time is given.'),
    ['connection'],
  )
    .option('-n, --namespace <names>')
    .option('--by <what>', 'kind of call, day, or grant', 'kind')
    .addHelpText('after', examples(['drawbridge audit agent agent-oncall --by day --since 30d']));
  end(registrar, command, (context, { args: [agent] }) => {
    const query = pick(command, ['namespace', 'by', 'connection']);
    const options = command.opts<AnswerOptions>();
    return readAnswer(context, subject(query['by']), { query: { agent, ...query }, options });
  });
}
