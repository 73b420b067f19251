import { expect, it } from 'vitest';
import { TerminalSizes } from './terminal-size.js';

const take = (...parts: readonly string[]) => {
  const sizes = new TerminalSizes();
  return parts.flatMap((part) => sizes.take(Buffer.from(part)));
};

it.each<[string, readonly string[], readonly string[]]>([
  ['one', ['{"Width":80,"Height":24}\n'], ['80x24']],
  ['one in pieces', ['{"Width":80,"He', 'ight":24}'], ['80x24']],
  ['two at once', ['{"Width":80,"Height":24}\n{"Height":50,"Width":132}'], ['80x24', '132x50']],
  ['nothing of what is no size', ['{"Width":"80","Height":24}', 'x'.repeat(10_000)], []],
  ['no number that is too large', ['{"Width":1234567,"Height":24}'], []],
])('reads %s', (_what, parts, expected) => {
  expect(take(...parts)).toStrictEqual(expected);
});
