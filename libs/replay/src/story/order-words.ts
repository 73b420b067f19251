import { StopEvent, type AuditStopEvent, type StoryOrder } from '@drawbridge/contracts';
import { actorName, personName } from './person.js';

const done = {
  SessionPaused: 'paused it',
  SessionResumed: 'let it go on',
  SessionCut: 'cut it',
} as const;

/** What a human did to a running session in words for people; a type of a later version is called by its name. */
export function orderMoment({ type, data, at, actor }: AuditStopEvent): StoryOrder {
  const parsed = StopEvent.safeParse({ type, data });
  if (!parsed.success || !('commandId' in parsed.data.data))
    return { at, type, by: actorName(actor), words: type };
  const { by, via, reason } = parsed.data.data;
  const words = done[parsed.data.type as keyof typeof done];
  return {
    ...{ at, type, by: personName(by) },
    words: `${words} ${via === 'slack' ? 'in Slack' : 'by API'}${reason === '' ? '' : `: "${reason}"`}`,
  };
}
