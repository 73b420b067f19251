import { CallRow, OffHoursRow } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { callTable, offHoursTable } from '../../output/record-answer-text.js';
import { examples, type Registrar } from '../command-context.js';
import { readAnswer, type AnswerOptions, type Subject } from './answer.js';
import { chosen, end, pick, questionOptions } from './question-options.js';

interface OffHoursOptions extends AnswerOptions {
  readonly calls?: true;
  readonly changes?: true;
  readonly timeZone?: string;
}

const byAgent = (timeZone: string): Subject<OffHoursRow> => ({
  path: 'off-hours',
  row: OffHoursRow,
  table: (rows, width) => offHoursTable(rows, { timeZone, width }),
  next: 'each call: --calls; only what changed something: --changes',
});
const byCall: Subject<CallRow> = {
  path: 'off-hours',
  row: CallRow,
  table: callTable,
  next: 'what a call said: drawbridge audit body <command>',
};

/** `drawbridge audit off-hours` */
export function registerOffHours(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('off-hours')
      .summary('what ran outside of business hours')
      .description('Tells what ran outside of business hours, last week if no time is given.'),
  )
    .option('--time-zone <name>', 'IANA name, e.g. Europe/Berlin; default: of this machine')
    .option('--days <days>', 'business days', 'mon,tue,wed,thu,fri')
    .option('--hours <hours>', 'business hours', '09:00-17:00')
    .option('--holidays <dates>', 'days without business, e.g. 2026-12-25')
    .option('--changes', 'only what changed something')
    .option('--calls', 'list every call')
    .addHelpText(
      'after',
      examples(['drawbridge audit off-hours --time-zone Europe/Berlin --hours 08:00-18:00']),
    );
  end(registrar, command, (context) => {
    const options = command.opts<OffHoursOptions>();
    const { timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone } = options;
    const query = {
      ...pick(command, ['days', 'hours', 'holidays', ...chosen]),
      timeZone,
      ...(options.changes === true ? { changes: 'true' } : {}),
    };
    return options.calls === true
      ? readAnswer(context, byCall, { query: { ...query, by: 'call' }, options })
      : readAnswer(context, byAgent(timeZone), { query, options });
  });
}
