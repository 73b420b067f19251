import { setTimeout as delay } from 'node:timers/promises';
import { NamesAnswer, principalId, type NamesLookup, type Principal } from '@drawbridge/contracts';
import { NAMES_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';
import { Turns } from '@drawbridge/runtime';

const ANSWER_MS = 3_000;
/** Another gateway may know the connection, or have a connector of it. */
const TRIES = 2;
const PAUSE_MS = 250;
/** Each question keeps a request waiting, and one that is not answered does so for seconds. */
const TURNS_OF_ONE = { running: 4, waiting: 32, waitMs: 3_000 } as const;

/** Who wants to know something about which cluster. */
export interface AskingFor {
  readonly connection: string;
  readonly requester: Principal;
}

export type AskGateways = (asking: AskingFor, lookup: NamesLookup) => Promise<NamesAnswer>;

const unavailable: NamesAnswer = { refusal: 'unavailable' };

/**
 * Asks whichever gateway answers. No answer, none that can be understood, and too many questions of one requester at
 * once are all the same: nobody knows.
 */
export function askGateways({ nats }: Pick<JetStreamConnection, 'nats'>): AskGateways {
  const turns = new Map<string, Turns>();
  return async ({ connection, requester }, lookup) => {
    const who = principalId(requester);
    const mine = turns.get(who) ?? new Turns(TURNS_OF_ONE);
    turns.set(who, mine);
    const question = JSON.stringify({ connection, lookup });
    try {
      return (await mine.take(() => ask(nats, question))) ?? unavailable;
    } finally {
      if (mine.isIdle) turns.delete(who);
    }
  };
}

async function ask(nats: JetStreamConnection['nats'], question: string): Promise<NamesAnswer> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    if (tries > 1) await delay(PAUSE_MS);
    try {
      const answer = await nats.request(NAMES_SUBJECT, question, { timeout: ANSWER_MS });
      const names = NamesAnswer.parse(answer.json());
      if (!('refusal' in names) || names.refusal !== 'unavailable') return names;
    } catch {
      // The next one may.
    }
  }
  return unavailable;
}
