import * as agentActs from './agent-acts.js';
import type { Act } from './choice.js';
import * as humanActs from './human-acts.js';
import * as processActs from './process-acts.js';
import { disableAgent, moment, raise, release } from './stop-acts.js';
import type { World } from './world.js';

const {
  agree,
  lengthen,
  offer,
  approve,
  ask,
  cutShort,
  deny,
  forge,
  reform,
  review,
  revoke,
  takeBack,
  usurp,
  waver,
} = humanActs;
const { answer, breakGlass, endRun, extend, halfway, rush, submit, use, withdraw } = agentActs;

/** Everything that can happen. */
const acts = {
  ...{ extend, breakGlass, submit, rush, halfway, withdraw, answer, endRun, use },
  ...{ lengthen, offer },
  ...{ approve, agree, waver, cutShort, reform, deny, takeBack, ask, revoke, review, usurp, forge },
  ...{ raise, release, moment, disableAgent },
  ...processActs,
} satisfies Record<string, Act>;

export type Kind = keyof typeof acts;

/** What may happen next; the numbers choose to whom and with what. */
export interface Step {
  readonly kind: Kind;
  readonly which: number;
  readonly n: number;
  readonly m: number;
}

/** Lets one step happen. */
export async function take(world: World, { kind, which, n, m }: Step): Promise<void> {
  await acts[kind](world, { which: which === 0 ? 0 : 1, n, m });
}
