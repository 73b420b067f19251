import type { FileTransfer } from './exec/file-transfer.js';
import type { UnfoldedArgv } from './exec/unfold-argv.js';

/** A call on a resource, as the proxy reads it: its `ResourceRequest` is one. */
export interface GuardedResourceRequest {
  readonly kind: 'resource';
  readonly verb: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  readonly fieldManager: string;
}

/** A call on no resource: the proxy's `NonResourceRequest` is one. */
export interface GuardedPathRequest {
  readonly kind: 'nonResource';
  readonly verb: string;
  readonly path: string;
}

export type GuardedRequest = GuardedResourceRequest | GuardedPathRequest;

export interface GuardedAgent {
  readonly kind: 'agent' | 'human';
  readonly issuer: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly email?: string | undefined;
  readonly owner?: string | undefined;
  /** Claims of the token. Absent: not known, and whatever a rule says of a claim counts as met. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

export interface GuardedConnection {
  readonly name: string;
  readonly environment: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The grant that allows the call, as it was issued. */
export interface GuardedGrant {
  readonly grantId: string;
  /** `undefined` when it was granted as rules. */
  readonly action?: string | undefined;
  readonly policy: string;
  readonly ticket?: string | undefined;
  readonly reason: string;
  /** E-mail address or subject of each human who approved. */
  readonly approvers: readonly string[];
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Nobody approved it before: rules that say so do not hold its calls. */
  readonly breakGlass?: boolean | undefined;
}

/** What is asked to run in a channel. */
export interface GuardedExec {
  /** The `command` parameters in their order; empty for attach and port-forward. */
  readonly argv: readonly string[];
  readonly container: string;
  readonly tty: boolean;
  readonly stdin: boolean;
}

/** Everything that a rule can look at before the body is read. */
export interface GuardedCall {
  readonly request: GuardedRequest;
  /** Media type of the body in lower case, without parameters; `''` without a body. */
  readonly contentType: string;
  /** Query of the call, decoded. */
  readonly query: readonly (readonly [key: string, value: string])[];
  readonly agent: GuardedAgent;
  readonly connection: GuardedConnection;
  readonly grant: GuardedGrant;
  readonly now: Date;
  /** Given for exec, attach and port-forward. */
  readonly exec?: GuardedExec | undefined;
}

/**
 * What rules about bodies look at, decoded from JSON. `null`: there is none. Absent: it could not be read, and every
 * rule that needs it counts as met.
 *
 * Never asked for, because it is `null` anyway: the object of a delete, a read or a channel, and the old object of a
 * create. The old object of a channel is the pod.
 */
export interface BodyFacts {
  /** The object as it will be: the body, and for a patch what a dry-run of it returns. */
  readonly object?: unknown;
  /** The object as it is. */
  readonly oldObject?: unknown;
}

/** What an argument vector comes down to. */
export interface ExecFacts extends UnfoldedArgv {
  readonly transfers: readonly FileTransfer[];
}
