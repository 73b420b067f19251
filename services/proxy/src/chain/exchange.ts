import type { Principal } from '@drawbridge/contracts';
import type { GuardDecision } from '@drawbridge/guardrails';
import type { CallOutcome } from '../domain/call-outcome.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { OpenGrant } from '../domain/open-grants.js';
import type { WordsOfConnection } from '../masking/record-words.js';
import type { ClientAnswer, ClientRequest, ClientUpgrade } from '../listener/client-exchange.js';

/**
 * What is known of a call so far, for its record: filled in step by step, because a call may be refused at any
 * of them. Decisions never read it.
 */
export interface CallFacts {
  connection?: string;
  agent?: Principal;
  kube?: KubeRequest;
  grant?: OpenGrant;
  /** What the guardrails said. */
  guard?: GuardDecision;
  /** A `Warning` that says what is not masked. */
  notice?: string;
  /** Of a delete whose body says it: whether it was judged as a dry-run. */
  dryRun?: boolean;
  /** The hold that it waits for, was refused by, or was released by. */
  holdId?: string;
  /** `CommandStarted` is in the log: what comes next is an end, not a refusal. */
  started?: boolean;
  /** How what the caller has written is put into the record. */
  words?: WordsOfConnection;
}

/** One request and the answer to it. */
export interface Exchange {
  /** UUIDv7: `Audit-ID` of the call, upstream and to the client. */
  readonly commandId: string;
  readonly receivedAt: Date;
  readonly request: ClientRequest;
  readonly answer: ClientAnswer;
  /** The client wants another protocol: there, only with HTTP/1.1. */
  readonly upgrade: ClientUpgrade | undefined;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly awaitsContinue: boolean;
  readonly facts: CallFacts;
  /**
   * What steps took for the call and give back when it is over, however it ended; the first step calls them, the
   * newest first. A `finally` in each step would be one more promise a call each.
   */
  readonly ends: (() => void)[];
}

export type Handler<Call> = (call: Call) => Promise<CallOutcome>;
/** One concern of the chain: knows what came before it, and gives what it found out to what comes next. */
export type Step<Known, More> = (next: Handler<More>) => Handler<Known>;
