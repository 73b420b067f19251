import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configurationOf } from '../test/configuration-of.js';

const document = readFileSync(
  fileURLToPath(new URL('../../../docs/connections.md', import.meta.url)),
  'utf8',
);
const examples = [...document.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);

describe('docs/connections.md', () => {
  it('shows connections that are valid, together too', () => {
    const { connections, warnings } = configurationOf({ f: examples.join('---\n') });
    expect(connections).toHaveLength(examples.length);
    expect(warnings).toStrictEqual([]);
  });

  it('shows every kind of credential', () => {
    const { connections } = configurationOf({ f: examples.join('---\n') });
    expect(new Set(connections.map(({ spec }) => spec.credential.type))).toStrictEqual(
      new Set(['bearerToken', 'clientCertificate', 'serviceAccount', 'exec', 'eks']),
    );
  });
});
