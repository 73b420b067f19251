import type { GrantLimits, UseEvent } from '@drawbridge/contracts';
import { AppError, type Decider } from '@drawbridge/kernel';
import { limitExceeded, type Used } from '@drawbridge/scope';

/** A call is not counted, and so must not be made. The message may be shown. */
export class UseRefused extends AppError<'grant_used_up' | 'grant_use_uncounted'> {}

/** How often a grant was used, and by which calls. */
export interface GrantUse extends Used {
  /** Every call that was counted. A limit is at most a hundred, so this is small. */
  readonly counted: ReadonlySet<string>;
  /** Those that are not over, as far as is known. */
  readonly running: ReadonlySet<string>;
  /** Issued behind the grant, and without its groups. */
  readonly groupLostBy?: string;
}

interface UseOfGrant {
  readonly grantId: string;
  readonly accessRequestId: string;
  readonly commandId: string;
}

export type GrantUseCommand =
  | ({
      readonly type: 'CountCall';
      readonly limits: GrantLimits;
      readonly isChange: boolean;
    } & UseOfGrant)
  | ({ readonly type: 'FinishCall' } & UseOfGrant)
  | ({ readonly type: 'LoseGroup'; readonly tokenIssuedAt: string } & UseOfGrant);

/**
 * How often a grant with limits may still be used.
 *
 * A call is counted before it is forwarded, appended behind the count that it was judged by; so of two calls that
 * want the last place one gets it, whatever worker or replica they are at.
 */
export const grantUse: Decider<GrantUse, GrantUseCommand, UseEvent> = {
  initial: { calls: 0, changes: 0, counted: new Set(), running: new Set() },
  decide(command, use) {
    const { grantId, accessRequestId, commandId } = command;
    const data = { grantId, accessRequestId, commandId };
    if (command.type === 'FinishCall') {
      return use.running.has(commandId) ? { type: 'CallFinished', data } : undefined;
    }
    if (command.type === 'LoseGroup') {
      if (use.groupLostBy !== undefined) return undefined;
      const { tokenIssuedAt } = command;
      return { type: 'GrantGroupLost', data: { ...data, tokenIssuedAt } };
    }
    if (use.counted.has(commandId)) return undefined;
    const exceeded = limitExceeded(command.limits, use, command.isChange);
    if (exceeded === undefined) {
      return { type: 'CallCounted', data: { ...data, isChange: command.isChange } };
    }
    const message = `grant ${grantId} is used up: it was for at most ${exceeded}`;
    throw new UseRefused('grant_used_up', message);
  },
  evolve(use, { type, data }) {
    if (type === 'GrantGroupLost') return { ...use, groupLostBy: data.tokenIssuedAt };
    if (type === 'CallFinished') return { ...use, running: without(use.running, data.commandId) };
    if (use.counted.has(data.commandId)) return use;
    return {
      ...use,
      calls: use.calls + 1,
      changes: use.changes + Number(data.isChange),
      counted: new Set(use.counted).add(data.commandId),
      running: new Set(use.running).add(data.commandId),
    };
  },
};

/** What the history of a grant says of its use. */
export const useOf = (events: readonly UseEvent[]): GrantUse =>
  events.reduce((use, event) => grantUse.evolve(use, event), grantUse.initial);

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const left = new Set(ids);
  left.delete(id);
  return left;
}
