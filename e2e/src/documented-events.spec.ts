import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  auditWriterOf,
  holdWriterOf,
  stopWriterOf,
  useWriterOf,
  writerOf,
} from '@drawbridge/contracts';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const rows = readFileSync(join(root, 'docs/architecture.md'), 'utf8').matchAll(
  /^\| \[(\w+)\]\(\.\.\/services\/\w+\/\) .*\|(?<appends>[^|]+)\|$/gm,
);

/** The event types of each service, by the table of docs/architecture.md. */
const documented = [...rows].flatMap(([, service = '', appends = '']) =>
  [...appends.matchAll(/`(\w+)`/g)].map(([, type = '']) => `${service}: ${type}`),
);

it('the architecture names every event type at the service that writes it', () => {
  const written = Object.entries({
    ...writerOf,
    ...holdWriterOf,
    ...stopWriterOf,
    ...useWriterOf,
    ...auditWriterOf,
  }).map(([type, service]) => `${service}: ${type}`);
  expect(documented.toSorted()).toStrictEqual(written.toSorted());
});
