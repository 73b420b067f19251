import { expect, it } from 'vitest';
import { isPlainArchive } from './is-plain-archive.js';

it.each([
  ['tar cf - /data', true],
  ['tar xmf - -C /tmp', true],
  ['/bin/tar -xmf - -C /tmp', true],
  ['tar --no-same-permissions --no-same-owner -xmf - -C /tmp', true],
  ['tar --no-same-owner', false],
  ['tar -xmf - --no-same-owner -C /tmp', true],
  ['tar xf - --to-command=sh', false],
  ['tar cf - --checkpoint-action=exec=sh /data', false],
  ['tar xf - -I sh', false],
  ['sh -c tar', false],
  ['cat /data', false],
  ['', false],
])('%s: %s', (command, expected) => {
  expect(isPlainArchive(command.split(' '))).toBe(expected);
});
