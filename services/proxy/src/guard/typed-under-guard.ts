import type {
  GuardedCall,
  GuardedConnection,
  GuardedExec,
  GuardedRequest,
} from '@drawbridge/guardrails';
import type { Guarded } from '../chain/guard-call.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import { CallUnderGuard, execOf, queryOf } from './call-under-guard.js';

/** What is the same for all that is typed in a session. */
export interface TypedWhere {
  readonly request: GuardedRequest;
  readonly query: GuardedCall['query'];
  readonly exec: Pick<GuardedExec, 'container' | 'tty'>;
}

export function typedWhere(kube: ResourceRequest): TypedWhere {
  const { container, tty } = execOf(kube);
  return {
    request: { ...kube, subresource: 'exec' },
    query: queryOf(kube),
    exec: { container, tty },
  };
}

export interface TypedScript {
  readonly call: Guarded;
  readonly where: TypedWhere;
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

  constructor({ call, where, connection, script, now }: TypedScript) {
    const session = new CallUnderGuard(call, { connection, now });
    this.request = where.request;
    this.agent = session.agent;
    this.grant = session.grant;
    this.connection = connection;
    this.query = where.query;
    this.exec = { ...where.exec, argv: ['sh', '-c', script], stdin: false };
    this.now = now;
  }
}
