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

/** Which session is meant; the connection is the one that whoever orders has something to say about. */
export interface OrderedSession {
  readonly commandId: string;
  readonly connection: string;
}

/**
 * The id of what humans order about one session. It covers no grant. The connection is a part of it, so that nobody who
 * has something to say about another one gets in the way.
 */
export const sessionKeyOf = ({ commandId, connection }: OrderedSession): string =>
  `s_${commandId.toLowerCase()}_${connection}`;

/** The command of a session's id. */
export const commandOfKey = (key: string): string => key.slice(2, 38);

/** Whether an id is of a session. */
export const isSessionKey = (key: string): boolean => key.startsWith('s_');

/** The ids of all stops that can cover a grant, the most telling first. */
export const keysOver = (grant: Omit<StoppableGrant, 'issuedAtMs'>): readonly string[] => {
  const { connection } = grant;
  const hash = hashOf(grant);
  return [`d_${hash}`, 'all', stopKeyOf({ connection }), `a_${hash}`];
};

/** Ids are part of a subject, which holds neither an issuer nor any subject of one. */
const hashOf = (agent: StoppedAgent): string =>
  createHash('sha256').update(principalId(agent)).digest('hex').slice(0, 32);
