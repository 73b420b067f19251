import { ApprovalRow, ApproverRow } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { approvalTable, approverTable } from '../../output/approval-answer-text.js';
import { examples, type Registrar } from '../command-context.js';
import { readAnswer, type AnswerOptions, type Subject } from './answer.js';
import { chosen, end, pick, questionOptions } from './question-options.js';

const byPerson: Subject<ApproverRow> = {
  path: 'approvals',
  row: ApproverRow,
  table: approverTable,
  next: 'each request: --requests; of one person: --approver <who>',
};
const byRequest: Subject<ApprovalRow> = {
  path: 'approvals',
  row: ApprovalRow,
  table: approvalTable,
  next: 'a request as a story: drawbridge audit session <request>',
};

/** `drawbridge audit approvals` */
export function registerApprovals(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('approvals')
      .summary('who approved what, and how long it took')
      .description(
        'Tells how people decided and how long it took, in the last 30 days if no time is given.',
      ),
  )
    .option('--approver <who>', 'e-mail address or subject')
    .option('--requests', 'list every request, and each extension of its grant')
    .addHelpText(
      'after',
      examples(['drawbridge audit approvals', 'drawbridge audit approvals --requests --since 7d']),
    );
  end(registrar, command, (context) => {
    const query = pick(command, ['approver', ...chosen]);
    const options = command.opts<AnswerOptions & { requests?: true }>();
    return options.requests === true
      ? readAnswer(context, byRequest, { query: { ...query, by: 'request' }, options })
      : readAnswer(context, byPerson, { query, options });
  });
}
