import type { AccessEvent, Principal } from '@drawbridge/contracts';
import type { Which, World } from './world.js';

/** To whom something happens, and with what. */
export interface Choice {
  readonly which: Which;
  readonly n: number;
  readonly m: number;
}
export type Act = (world: World, choice: Choice) => Promise<void> | void;
export type AboutRequest = (
  world: World,
  choice: Choice & { readonly id: string },
) => Promise<void> | void;

export const pick = <One>(all: readonly One[], index: number): One => {
  const one = all[index % all.length];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
};

/** Ids of requests, the newest first. */
export const requests = ({ bus }: World): string[] =>
  bus.access.log
    .filter(({ event }) => event.type === 'AccessRequested')
    .map(({ aggregateId }) => aggregateId)
    .toReversed();

/** About one of those that are found, if there is any. */
export const about =
  (found: (world: World) => readonly string[], act: AboutRequest): Act =>
  (world, choice) => {
    const ids = found(world);
    const id = ids[choice.n % Math.max(ids.length, 1)];
    if (id !== undefined) return act(world, { ...choice, id });
  };
export const aboutRequest = (act: AboutRequest): Act => about(requests, act);

/** Those that humans are asked about, and now and then any. */
export const aboutWaiting = (act: AboutRequest): Act =>
  about((world) => {
    const waiting = requests(world).filter((id) => isWaiting(historyOf(world, id)));
    return waiting.length === 0 ? requests(world) : [...waiting, ...waiting, ...requests(world)];
  }, act);

export const aboutGranted = (act: AboutRequest): Act =>
  about((world) => {
    const isGranted = (id: string) =>
      historyOf(world, id).some(({ type }) => type === 'GrantIssued');
    return [...requests(world).filter(isGranted), ...requests(world).slice(0, 1)];
  }, act);

export const isWaiting = (history: readonly AccessEvent[]): boolean => {
  const asked = history.findLastIndex(({ type }) => type === 'ApprovalRequested');
  return asked >= 0 && !history.slice(asked).some(({ type }) => closings.has(type));
};

/** Which approval humans are asked for: absent, of the request itself. */
export function roundOf(history: readonly AccessEvent[]): number | undefined {
  const asked = history.findLast((event) => event.type === 'ApprovalRequested');
  return asked?.data.round;
}

const closings = new Set([
  ...['AccessRequestApproved', 'AccessRequestRejected', 'AccessRequestLapsed'],
  ...['AccessRequestDenied', 'AccessRequestWithdrawn', 'GrantIssued', 'GrantRevoked'],
  ...['ExtensionApproved', 'ExtensionClosed', 'ExtensionDenied', 'GrantExpired', 'GrantEnded'],
]);

export const historyOf = ({ bus }: World, id: string): readonly AccessEvent[] =>
  bus.access.log.filter(({ aggregateId }) => aggregateId === id).map(({ event }) => event);

export const nameOf = ({ issuer, subject }: Principal) => ({ issuer, subject });
