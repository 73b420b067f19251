import type { LoggerService } from '@nestjs/common';
import type { HoldCancelReason, HoldStatus } from '@drawbridge/contracts';
import type { HeldCalls, HoldDesk } from '@drawbridge/holds';
import type { Guarded } from '../chain/guard-call.js';
import { CallCut } from '../domain/call-cut.js';
import type { CutReason } from '../domain/cut-reason.js';
import type { LiveCalls } from '../streams/live-calls.js';

/** A client that went away may come back for its answer; most of those that do, do at once. */
const CLIENT_BACK_MS = 5_000;
/** Calls that wait for one hold here; more of them are told to come again. */
const MAX_WAITING = 8;
/** Nobody may release anything under the grant any more. */
const endsGrant: ReadonlySet<CutReason> = new Set<CutReason>([
  ...(['grant_expired', 'grant_revoked', 'grant_withdrawn'] as const),
  ...(['grant_used_up', 'grant_idle'] as const),
]);

export interface WaitingRoomParts {
  readonly desk: Pick<HoldDesk, 'decision' | 'cancel'>;
  readonly held: Pick<HeldCalls, 'statusOf' | 'liveOfGrant' | 'liveOfOtherPolicies'>;
  readonly live: Pick<LiveCalls, 'add'>;
  readonly logger: LoggerService;
  /** @default 5 seconds */
  readonly clientBackMs?: number;
}

/** How waiting ended. */
export type Waited = HoldStatus | 'client_gone' | 'policy_changed';

interface Waiter {
  readonly policyVersion: string;
  wake(why: 'client_gone' | 'policy_changed' | CallCut): void;
}

export interface Wait {
  readonly holdId: string;
  readonly waitMs: number;
}

/** Where calls wait with their connections open; ends holds that have lost their reason. */
export class WaitingRoom {
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(private readonly parts: WaitingRoomParts) {}

  get size(): number {
    return [...this.#waiters.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Waits for humans; whatever ends a call ends the wait.
   *
   * @throws {@link CallCut} when the grant, the token or the connection ended meanwhile, or the gateway is stopping
   */
  async wait(call: Guarded, { holdId, waitMs }: Wait): Promise<Waited> {
    const waiting = new AbortController();
    let woken: 'client_gone' | 'policy_changed' | CallCut | undefined;
    const waiter: Waiter = {
      policyVersion: call.guard.policyVersion,
      wake: (why) => {
        woken ??= why;
        waiting.abort();
      },
    };
    const leave = this.#enter(holdId, waiter, call);
    try {
      const bounded = this.#isFull(holdId) ? 0 : waitMs;
      const status = await this.parts.desk.decision(holdId, {
        waitMs: bounded,
        signal: waiting.signal,
      });
      return wokenBy(() => woken) ?? status;
    } finally {
      leave();
      if (woken === 'client_gone') this.#cancelWhenAlone(holdId, call.commandId);
    }
  }

  /** Nobody may release anything under this grant any more. */
  grantEnded(grantId: string): void {
    for (const holdId of this.parts.held.liveOfGrant(grantId)) {
      this.#cancel(holdId, 'grant_ended', grantId);
    }
  }

  /** What was held by other rules is asked anew, or passes. */
  policyChanged(version: string): void {
    for (const holdId of this.parts.held.liveOfOtherPolicies(version)) {
      this.#cancel(holdId, 'policy_changed', version);
    }
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) {
        if (waiter.policyVersion !== version) waiter.wake('policy_changed');
      }
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #enter(holdId: string, waiter: Waiter, call: Guarded): () => void {
    const waiters = this.#waiters.get(holdId) ?? new Set();
    this.#waiters.set(holdId, waiters.add(waiter));
    call.answer.on('close', () => waiter.wake('client_gone'));
    if (call.answer.destroyed) waiter.wake('client_gone');
    const { agent, grant, connection, tokenExpiresAt } = call;
    const remove = this.parts.live.add({
      commandId: call.commandId,
      grantId: grant.grantId,
      connection,
      issuer: agent.issuer,
      subject: agent.subject,
      grant,
      tokenExpiresAtMs: tokenExpiresAt.getTime(),
      // It ends when the gateway stops: its client comes again, and another proxy lets it in.
      longRunning: true,
      cut: (reason) => {
        // A moment too early for the room to know the hold as one of this grant.
        if (endsGrant.has(reason)) this.#cancel(holdId, 'grant_ended', grant.grantId);
        waiter.wake(new CallCut(reason));
      },
    });
    return () => {
      remove();
      waiters.delete(waiter);
      if (waiters.size === 0) this.#waiters.delete(holdId);
    };
  }

  #isFull(holdId: string): boolean {
    return (this.#waiters.get(holdId)?.size ?? 0) > MAX_WAITING;
  }

  #cancelWhenAlone(holdId: string, commandId: string): void {
    const { held, clientBackMs = CLIENT_BACK_MS } = this.parts;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      // A human has said yes meanwhile: the client may still come for it.
      if (this.#waiters.has(holdId) || held.statusOf(holdId) !== 'open') return;
      this.#cancel(holdId, 'client_gone', commandId);
    }, clientBackMs);
    timer.unref();
    this.#timers.add(timer);
  }

  /** A hold that stays for now releases nothing: everything is judged again before. */
  #cancel(holdId: string, reason: HoldCancelReason, cause: string): void {
    this.parts.desk.cancel(holdId, reason, cause).catch((error: unknown) => {
      this.parts.logger.warn({ msg: 'hold not cancelled', holdId, reason, err: error });
    });
  }
}

function wokenBy(
  woken: () => 'client_gone' | 'policy_changed' | CallCut | undefined,
): 'client_gone' | 'policy_changed' | undefined {
  const why = woken();
  if (why instanceof CallCut) throw why;
  return why;
}
