import { createHash } from 'node:crypto';
import { principalId, type StoppedAgent, type StopTarget } from '@drawbridge/contracts';

/** What of a grant a stop asks about. */
export interface StoppableGrant extends StoppedAgent {
  readonly connection: string;
  /** When it was issued, in milliseconds since 1970; not when it begins. */
  readonly issuedAtMs: number;
}

/** The id of the stop that raises these bridges. */
export function stopKeyOf(target: StopTarget): string {
  if (target === 'all') return 'all';
  return 'connection' in target ? `c_${target.connection}` : `a_${hashOf(target.agent)}`;
}

/** What the id tells of the target; of an agent it tells nothing. */
export function targetOfKey(key: string): StopTarget | undefined {
  if (key === 'all') return key;
  return key.startsWith('c_') ? { connection: key.slice(2) } : undefined;
}

/** The id of the stop that says whether an agent is disabled. */
export const disabledKeyOf = (agent: StoppedAgent): string => `d_${hashOf(agent)}`;

/** The ids of all stops that can cover a grant, the most telling first. */
export const keysOver = (grant: Omit<StoppableGrant, 'issuedAtMs'>): readonly string[] => {
  const { connection } = grant;
  const hash = hashOf(grant);
  return [`d_${hash}`, 'all', stopKeyOf({ connection }), `a_${hash}`];
};

/** Ids are part of a subject, which holds neither an issuer nor any subject of one. */
const hashOf = (agent: StoppedAgent): string =>
  createHash('sha256').update(principalId(agent)).digest('hex').slice(0, 32);
