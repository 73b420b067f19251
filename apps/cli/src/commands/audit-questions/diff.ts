import { SessionDiffRow } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { diffTable } from '../../output/record-answer-text.js';
import { examples, type Registrar } from '../command-context.js';
import { readAnswer, type Subject } from './answer.js';
import { end, pick, questionOptions } from './question-options.js';

const subject: Subject<SessionDiffRow> = {
  path: 'diff',
  row: SessionDiffRow,
  table: diffTable,
  next: '- only the first session did, + only the other; names that differ each time: --ignore name',
};

/** `drawbridge audit diff` */
export function registerDiff(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('diff')
      .argument('<session>', 'grant, or access request')
      .argument('<other>', 'likewise')
      .summary('what two sessions did, and only one of them')
      .description('Compares the commands of two sessions by kind, with counts and outcomes.'),
    [],
  )
    .option('--ignore <parts>', 'what may differ: namespace, name')
    .addHelpText('after', examples(['drawbridge audit diff <grant> <grant> --ignore name']));
  end(registrar, command, (context, { args: [one, other] }) =>
    readAnswer(context, subject, {
      query: { one, other, ...pick(command, ['ignore']) },
      options: command.opts(),
    }),
  );
}
