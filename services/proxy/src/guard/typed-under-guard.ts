import type {
  GuardedCall,
  GuardedConnection,
  GuardedExec,
  GuardedRequest,
} from '@drawbridge/guardrails';
import type { Guarded } from '../chain/guard-call.js';
import { CallUnderGuard } from './call-under-guard.js';

export interface TypedScript {
  readonly call: Guarded;
  readonly connection: GuardedConnection;
  readonly script: string;
  readonly now: Date;
}

/** A command that is typed in a session, as guardrails look at it: an `exec` of it, by a shell, in the same pod. */
export class TypedUnderGuard implements GuardedCall {
  readonly request: GuardedRequest;
  readonly contentType = '';
  readonly agent: GuardedCall['agent'];
  readonly grant: GuardedCall['grant'];
  readonly connection: GuardedConnection;
  readonly query: GuardedCall['query'];
  readonly exec: GuardedExec;
  readonly now: Date;

  constructor({ call, connection, script, now }: TypedScript) {
    const session = new CallUnderGuard(call, { connection, now });
    const { kube } = call;
    this.request = kube.kind === 'resource' ? { ...kube, subresource: 'exec' } : kube;
    this.agent = session.agent;
    this.grant = session.grant;
    this.connection = connection;
    this.query = session.query;
    const { container = '', tty = false } = session.exec ?? {};
    this.exec = { argv: ['sh', '-c', script], container, tty, stdin: false };
    this.now = now;
  }
}
