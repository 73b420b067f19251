import {
  onCallGroup,
  principalId,
  scheduleOfGroup,
  type HumanDocument,
  type Principal,
  type ScheduleDocument,
} from '@drawbridge/contracts';
import { onCall, type Schedule } from './on-call.js';

/** A human of the configuration. */
export interface KnownHuman {
  /** With the groups of the document, who is on call left out. */
  readonly principal: Principal;
  readonly slack?: { readonly team: string; readonly user: string };
}

/** Everybody that the configuration knows, and who takes turns. Groups of tokens are not in it. */
export interface People {
  readonly humans: readonly KnownHuman[];
  readonly schedules: readonly Schedule[];
  /** By issuer and subject. */
  readonly human: (principal: Pick<Principal, 'issuer' | 'subject'>) => KnownHuman | undefined;
}

/** The people of a configuration. */
export function peopleOf(
  documents: readonly HumanDocument[],
  schedules: readonly ScheduleDocument[],
): People {
  const humans = documents.map(({ spec: { issuer, subject, email, groups, slack } }) => ({
    principal: { kind: 'human' as const, issuer, subject, email, groups },
    ...(slack === undefined ? {} : { slack }),
  }));
  const byId = new Map(humans.map((human) => [principalId(human.principal), human]));
  return {
    humans,
    schedules: schedules.map(({ metadata, spec }) => ({ name: metadata.name, ...spec })),
    human: (principal) => byId.get(principalId(principal)),
  };
}

/** The groups of whoever is on call at an instant; only who has a `Human` document can be. */
export function onCallGroups(people: People, principal: Principal, at: string): readonly string[] {
  const email = people.human(principal)?.principal.email?.toLowerCase();
  if (email === undefined) return [];
  return people.schedules
    .filter((schedule) => onCall(schedule, at)?.toLowerCase() === email)
    .map(({ name }) => onCallGroup(name));
}

/**
 * Somebody with the groups that they are in at this instant and at no other.
 *
 * @param people - `undefined` where no configuration says who they are: nobody is on call then, whatever a token says
 */
export function withOnCall(
  people: People | undefined,
  principal: Principal,
  at: string,
): Principal {
  const lasting = principal.groups.filter((group) => scheduleOfGroup(group) === undefined);
  const onDuty = people === undefined ? [] : onCallGroups(people, principal, at);
  const isUnchanged = onDuty.length === 0 && lasting.length === principal.groups.length;
  return isUnchanged ? principal : { ...principal, groups: [...lasting, ...onDuty] };
}
