import type { AlarmView, UnseenCommand } from '@drawbridge/contracts';
import { table } from './table.js';

/** Alarms, one line each. */
export const alarmTable = (alarms: readonly AlarmView[], width?: number): string =>
  table(
    ['RAISED', 'ID', 'CONNECTION', 'REASON', 'VERB', 'PATH', 'FROM', 'USER AGENT', 'STATE'],
    alarms.map((alarm) => [
      alarm.raisedAt,
      alarm.id,
      ...about(alarm),
      alarm.review === undefined ? 'open' : `${alarm.review.by}: ${alarm.review.comment}`,
    ]),
    width,
  );

function about(alarm: AlarmView): readonly string[] {
  if (alarm.reason === 'sealing_stopped') {
    const { stream, code, since, resumedAt } = alarm;
    const when = resumedAt === undefined ? `since ${since}` : `${since} to ${resumedAt}`;
    return ['', `${alarm.reason}, ${code}`, '', `${stream} ${when}`, '', ''];
  }
  return [
    alarm.connection,
    alarm.andMore === true ? `${alarm.reason}, and more` : alarm.reason,
    alarm.call.verb,
    alarm.call.path,
    alarm.call.sourceAddresses.join(','),
    alarm.call.userAgent,
  ];
}

/** Commands that their cluster does not know, one line each. */
export const unseenTable = (commands: readonly UnseenCommand[], width?: number): string =>
  table(
    ['TIME', 'COMMAND', 'AGENT', 'VERB', 'PATH', 'OUTCOME', 'STATUS'],
    commands.map((command) => [
      command.receivedAt,
      command.commandId,
      command.agent,
      command.verb,
      command.path,
      command.outcome,
      command.statusCode?.toString(),
    ]),
    width,
  );
