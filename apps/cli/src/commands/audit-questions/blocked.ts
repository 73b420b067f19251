import { BlockedRow, CallRow } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { blockedCallTable, blockedTable } from '../../output/record-answer-text.js';
import { examples, type Registrar } from '../command-context.js';
import { readAnswer, type AnswerOptions, type Subject } from './answer.js';
import { chosen, end, pick, questionOptions } from './question-options.js';

const byRule: Subject<BlockedRow> = {
  path: 'blocked',
  row: BlockedRow,
  table: blockedTable,
  next: 'each call: --calls; what a reason means: docs/errors.md',
};
const byCall: Subject<CallRow> = {
  path: 'blocked',
  row: CallRow,
  table: blockedCallTable,
  next: 'what a call said: drawbridge audit body <command>',
};

/** `drawbridge audit blocked` */
export function registerBlocked(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('blocked')
      .summary('what was refused, denied, held, masked or cut, by rule')
      .description(
        'Tells what grants refused, and guardrails denied, held, masked or cut, last week if no time is given.',
      ),
  )
    .option('--kind <kinds>', 'refused, denied, held, masked, cut')
    .option('--rule <names>', 'guardrail: <document>/<rule>')
    .option('--calls', 'list every call')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit blocked --since 30d',
        'drawbridge audit blocked --calls --rule deletion/namespace -o jsonl',
      ]),
    );
  end(registrar, command, (context) => {
    const query = pick(command, ['kind', 'rule', ...chosen]);
    const options = command.opts<AnswerOptions & { calls?: true }>();
    return options.calls === true
      ? readAnswer(context, byCall, { query: { ...query, by: 'call' }, options })
      : readAnswer(context, byRule, { query, options });
  });
}
