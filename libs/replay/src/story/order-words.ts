import { StopEvent, type AuditStopEvent, type StoryHoldMoment } from '@drawbridge/contracts';
import { said, via } from './hold-words.js';
import { actorName, personName } from './person.js';

const done = {
  SessionPaused: 'paused it',
  SessionResumed: 'let it go on',
  SessionCut: 'cut it',
} as const;

const isOrder = (type: string): type is keyof typeof done => Object.hasOwn(done, type);

/** What a human did to a running session in words for people; a type of a later version is called by its name. */
export function orderMoment({ type, data, at, actor }: AuditStopEvent): StoryHoldMoment {
  const { data: event } = StopEvent.safeParse({ type, data });
  if (event === undefined || !isOrder(event.type) || !('via' in event.data))
    return { at, type, by: actorName(actor), words: type };
  const { by, via: where, reason } = event.data;
  const words = `${done[event.type]} ${via(where)}${said(reason || undefined)}`;
  return { at, type, by: personName(by), words };
}
