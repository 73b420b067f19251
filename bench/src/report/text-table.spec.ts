import { expect, it } from 'vitest';
import { textTable } from './text-table.js';

it('a table is Markdown, names left and numbers right', () =>
  expect(
    textTable([
      { who: 'nginx', '/s': '20000' },
      { who: 'drawbridge', '/s': '9', 'peak MB': '80' },
    ]),
  ).toBe(
    [
      '| who        |    /s | peak MB |',
      '| ---------- | ----: | ------: |',
      '| nginx      | 20000 |         |',
      '| drawbridge |     9 |      80 |',
      '',
    ].join('\n'),
  ));
