import type { Principal } from '@drawbridge/contracts';
import { principalId } from '@drawbridge/contracts';
import { z } from 'zod';
import { foundBy, type Condition } from './condition.js';
import type { AuditStore } from './select-page.js';
import { selectAs } from './select-rows.js';

/**
 * Which rows a caller may see, as conditions that stand in every query of theirs, inside of whatever is counted or
 * searched: what they may not see cannot be told from what there is not.
 */
export interface RowAccess {
  readonly commands: readonly Condition[];
  readonly events: readonly Condition[];
  readonly holds: readonly Condition[];
}

/** Of auditors. */
export const allRows: RowAccess = { commands: [], events: [], holds: [] };

/** An owner as agents' tokens name one, and the issuer of those tokens. */
export interface OwnerName {
  readonly issuer: string;
  readonly owner: string;
}

/** More spellings of one human than this are a mistake of somebody. */
const MAX_NAMES = 1000;
const Names = z.array(z.object({ issuer: z.string(), owner: z.string() }));

/**
 * By which names the record knows a human as the owner of agents: their e-mail address in any case of its letters,
 * issuer and subject, or the subject alone for agents of the same issuer, where it means nobody else.
 *
 * @throws AuditQueryError
 */
export async function ownerNames(
  store: AuditStore,
  human: Principal,
): Promise<readonly OwnerName[]> {
  const { email = '', issuer, subject } = human;
  return selectAs(store, Names, {
    query: `SELECT DISTINCT agent_issuer AS issuer, agent_owner AS owner FROM ${store.database}.owners
WHERE (owner_key = lowerUTF8({email:String}) AND position(owner_key, '@') > 1)
  OR (owner_key = lowerUTF8({principal:String}) AND agent_owner = {principal:String})
  OR (owner_key = lowerUTF8({subject:String}) AND agent_owner = {subject:String} AND agent_issuer = {issuer:String})
ORDER BY issuer, owner LIMIT {limit:UInt32}`,
    parameters: { email, principal: principalId(human), subject, issuer, limit: MAX_NAMES },
  });
}

/** The rows of agents that had one of these owners then: who becomes the owner later does not see what was before. */
export function rowsOfOwner(
  { database }: Pick<AuditStore, 'database'>,
  names: readonly OwnerName[],
): RowAccess {
  const parameters = {
    ownedIssuers: names.map(({ issuer }) => issuer),
    ownedNames: names.map(({ owner }) => owner),
  };
  // The first half is implied by the second; of most rows it tells in a quarter of the time that they are others'.
  const owned =
    'agent_owner IN {ownedNames:Array(String)} AND (agent_issuer, agent_owner) IN (arrayZip({ownedIssuers:Array(String)}, {ownedNames:Array(String)}))';
  const whole = (table: string, id: string): readonly Condition[] => [
    // Only the first event says whose it is.
    { sql: `${id} IN (SELECT ${id} FROM ${database}.${table} WHERE ${owned})`, parameters },
  ];
  return {
    commands: foundBy('start', [{ sql: owned, parameters }]),
    events: whole('events', 'aggregate_id'),
    holds: whole('holds', 'hold_id'),
  };
}
