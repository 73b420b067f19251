import {
  principalId,
  type Principal,
  type StopEvent,
  type StoppedAgent,
  type StopTarget,
} from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';
import { disabledKeyOf, stopKeyOf } from './stop-key.js';
import { StopRefused } from './stop-refused.js';
import { continueStop, noStop, type InForce, type Stop } from './stop.js';

interface ByHuman {
  readonly by: Principal;
  readonly reason: string;
}

export type BridgesCommand =
  | (ByHuman & {
      readonly type: 'RaiseBridges';
      readonly via: 'slack' | 'http';
      readonly target: StopTarget;
      readonly keep: boolean;
      /** Judged by who calls: an administrator, or somebody who approves there. */
      readonly mayRaise: boolean;
      /** An administrator takes over what somebody else has raised. */
      readonly isAdmin: boolean;
    })
  | (ByHuman & {
      readonly type: 'ReleaseBridges';
      readonly via: 'slack' | 'http';
      readonly isAdmin: boolean;
    });

/** Who may is judged by who calls. */
export type AgentSwitchCommand = ByHuman & {
  readonly type: 'DisableAgent' | 'EnableAgent';
  readonly agent: StoppedAgent;
};

/** Whether bridges are raised: the rules of one key `all`, `c_…` or `a_…`. */
export const bridgesOf = (target: StopTarget): Decider<Stop, BridgesCommand, StopEvent> => ({
  ...foldOf(stopKeyOf(target)),
  decide: (command, stop) =>
    command.type === 'RaiseBridges' ? raise(command, stop) : release(command, stop),
});

/** Whether an agent is disabled: the rules of one key `d_…`. To say what is so already changes nothing. */
export const agentSwitchOf = (
  agent: StoppedAgent,
): Decider<Stop, AgentSwitchCommand, StopEvent> => ({
  ...foldOf(disabledKeyOf(agent)),
  decide: ({ type, by, reason, agent: { issuer, subject } }, { inForce }) => {
    const data = { by, issuer, subject, reason };
    if (type === 'DisableAgent')
      return inForce === undefined ? { type: 'AgentDisabled', data } : undefined;
    return inForce === undefined ? undefined : { type: 'AgentEnabled', data };
  },
});

const foldOf = (key: string) => ({
  initial: noStop(key),
  evolve: (stop: Stop, event: StopEvent, at = '') => continueStop(stop, event, at),
});

type CommandOf<Type> = Extract<BridgesCommand, { type: Type }>;

/**
 * Bridges that are kept raised are not raised once more: everything there has ended. But whoever raised them may release
 * them, so that an administrator who wants them raised as well must not depend on somebody who is none.
 */
function raise(
  { by, via, reason, target, keep, mayRaise, isAdmin }: CommandOf<'RaiseBridges'>,
  { inForce }: Stop,
): StopEvent | undefined {
  if (!mayRaise) {
    throw new StopRefused(
      'admins_only',
      target === 'all'
        ? 'only an administrator may raise all bridges'
        : 'only an administrator, or somebody who approves what is open there, may raise these bridges',
    );
  }
  const takesOver = isAdmin && keep && !isBy(inForce, by);
  if (inForce !== undefined && !takesOver) return undefined;
  return { type: 'BridgesRaised', data: { by, via, reason, target, keep } };
}

/** It gives power back, so it takes an administrator, or the human who raised them. */
function release(
  { by, via, reason, isAdmin }: CommandOf<'ReleaseBridges'>,
  { inForce }: Stop,
): StopEvent | undefined {
  if (!isAdmin && !isBy(inForce, by)) {
    throw new StopRefused(
      'admins_only',
      'only an administrator, or who raised these bridges, may release them',
    );
  }
  return inForce === undefined ? undefined : { type: 'BridgesReleased', data: { by, via, reason } };
}

/** No likeness is enough: it gives power back. */
const isBy = (inForce: InForce | undefined, human: Principal): boolean =>
  inForce?.by !== undefined && principalId(inForce.by) === principalId(human);
