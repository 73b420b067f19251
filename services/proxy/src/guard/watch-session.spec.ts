import type { GuardedRequest } from '@drawbridge/guardrails';
import { expect, it } from 'vitest';
import { parseKubeRequest } from '../domain/kube-request.js';
import type { Guarded } from '../chain/guard-call.js';
import { watchSession, type WatchSessionParts } from './watch-session.js';

const exec = '/api/v1/namespaces/prod/pods/web-0/exec?command=sh&stdin=true&tty=true&stdout=true';

it('reads the call of a session once, however many lines are typed in it', () => {
  const asked: GuardedRequest[] = [];
  const rails = {
    about: (request: GuardedRequest) => {
      asked.push(request);
      return [];
    },
  };
  const inForce = { rails, connection: () => ({ name: 'prod' }) };
  const parts = { inForce, clock: () => new Date(0) } as unknown as WatchSessionParts;
  const kube = parseKubeRequest('POST', exec);
  const call = { kube, channel: { handshake: { kind: 'remoteCommand' } } } as unknown as Guarded;
  const watch = watchSession(parts, call);
  watch?.data({ id: 0, type: 'stdin' }, 'client', Buffer.from('ls\n'.repeat(1_000)));
  expect(asked).toHaveLength(1_000);
  expect(new Set(asked).size).toBe(1);
  expect(asked[0]).toMatchObject({ subresource: 'exec', namespace: 'prod', name: 'web-0' });
});
