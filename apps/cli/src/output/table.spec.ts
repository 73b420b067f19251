import { describe, expect, it } from 'vitest';
import { table } from './table.js';

const names = ['TIME', 'AGENT', 'RULE', 'OBJECT', 'ID'];
const rows = [
  ['09:00', 'agent-oncall', undefined, 'pods/checkout-1', '019c-aaaa'],
  ['09:01', 'agent-oncall', '', 'deployments/checkout', '019c-bbbb'],
];

describe('a table', () => {
  it('is as wide as it is where nobody says how wide the terminal is', () => {
    expect(table(names, rows)).toBe(
      [
        'TIME   AGENT         RULE  OBJECT                ID',
        '09:00  agent-oncall  -     pods/checkout-1       019c-aaaa',
        '09:01  agent-oncall  -     deployments/checkout  019c-bbbb',
        '',
      ].join('\n'),
    );
    expect(table(names, rows, 58)).toBe(table(names, rows));
  });

  it('says once what is the same in all rows when it is too wide, and leaves out what is empty', () => {
    expect(table(names, rows, 57)).toBe(
      [
        'agent: agent-oncall',
        '',
        'TIME   OBJECT                ID',
        '09:00  pods/checkout-1       019c-aaaa',
        '09:01  deployments/checkout  019c-bbbb',
        '',
      ].join('\n'),
    );
  });

  it('breaks rows between columns where that is not enough', () => {
    expect(table(names, rows, 30)).toBe(
      [
        'agent: agent-oncall',
        '',
        'TIME   OBJECT',
        '    ID',
        '09:00  pods/checkout-1',
        '    019c-aaaa',
        '09:01  deployments/checkout',
        '    019c-bbbb',
        '',
      ].join('\n'),
    );
  });

  it('says what one row has where it stands, and cuts nothing however narrow it is', () => {
    const narrow = table(names, rows.slice(0, 1), 5);
    for (const text of ['agent-oncall', 'pods/checkout-1', '019c-aaaa', 'RULE']) {
      expect(narrow).toContain(text);
    }
  });

  it('shows no escape of others, above rows neither', () => {
    const evil = rows.map(([time]) => [time, 'a\u001b[2J', 'b', 'c', 'd']);
    expect(table(names, evil, 10)).not.toContain('\u001b');
  });
});
