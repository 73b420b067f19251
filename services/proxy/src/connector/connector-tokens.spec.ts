import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConnectionDocument } from '@drawbridge/contracts';
import { ConnectorTokens } from './connector-tokens.js';

const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');
const connection = (name: string, tokens?: readonly string[]) =>
  ConnectionDocument.parse({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name },
    spec: {
      environment: 'test',
      server: 'https://kubernetes.default.svc',
      credential: { type: 'bearerToken', file: 'token' },
      ...(tokens !== undefined && {
        connector: { tokenDigests: tokens.map((token) => `sha256:${digestOf(token)}`) },
      }),
    },
  });

describe('tokens of connectors', () => {
  const tokens = new ConnectorTokens();
  tokens.replace([connection('edge', ['old', 'new']), connection('lab', ['lab']), connection('x')]);

  it.each([
    ['edge', 'old', true],
    ['edge', 'new', true],
    ['edge', 'lab', false],
    ['lab', 'lab', true],
    ['x', 'old', false],
    ['nothing', 'old', false],
    ['edge', '', false],
  ])('%s with %s: %s', (name, token, accepted) => {
    expect(tokens.accept(name, token)).toBe(accepted ? digestOf(token) : undefined);
    expect(tokens.accepts(name, digestOf(token))).toBe(accepted);
  });

  it('never are 32 bytes of nothing', () => {
    expect(tokens.accepts('nothing', '0'.repeat(64))).toBe(false);
  });

  it('end with the document that names them', () => {
    const changed = new ConnectorTokens();
    changed.replace([connection('edge', ['old'])]);
    changed.replace([connection('edge', ['new'])]);
    expect(changed.accept('edge', 'old')).toBeUndefined();
  });
});
