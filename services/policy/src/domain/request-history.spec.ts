import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import { agent, alice, at, endings, issued, requested } from '../../test/story.js';
import { RequestHistory } from './request-history.js';

const ask = { requestId: 'this', connection: 'prod-eks', at: '2026-01-06T09:00:00.000Z' };
const historyOf = (
  ...events: readonly (readonly [id: string, at: string, event: AccessEvent])[]
) => {
  const history = new RequestHistory();
  for (const [index, [aggregateId, when, event]] of events.entries()) {
    history.apply({
      ...{ aggregateId, event, at: when, sequence: index + 1, id: String(index) },
      ...{ causationId: 'x', actor: { kind: 'service', id: 'test' } },
    });
  }
  return history;
};
const ago = (minutes: number) => new Date(Date.parse(ask.at) - minutes * 60_000).toISOString();

describe('what a requester did before', () => {
  it('is nothing at first', () =>
    expect(historyOf(['this', ask.at, requested()]).of(agent, ask)).toStrictEqual({
      ...{ isFirstHere: true, requestsInLastHour: 0, deniedInLastDay: 0 },
    }));

  it('counts other requests of the last hour, wherever they were for', () => {
    const history = historyOf(
      ['a', ago(61), requested()],
      ['b', ago(59), requested({ connection: 'staging-eks' })],
      ['c', ago(1), requested()],
      ['d', ago(1), requested({}, { ...agent, subject: 'another' })],
    );
    expect(history.of(agent, ask)).toMatchObject({ isFirstHere: false, requestsInLastHour: 2 });
    expect(history.of(agent, { ...ask, connection: 'staging-eks' }).isFirstHere).toBe(false);
    expect(history.of(agent, { ...ask, connection: 'third' }).isFirstHere).toBe(true);
  });

  it('counts every no of a day, from policy and from humans, and nothing else', () => {
    const history = historyOf(
      ['a', ago(3000), requested()],
      ['a', ago(1441), endings.AccessRequestDenied],
      ['b', ago(100), requested()],
      ['b', ago(90), endings.AccessRequestDenied],
      ['c', ago(100), requested()],
      ['c', ago(80), { type: 'AccessRequestRejected', data: { by: alice } }],
      ['d', ago(100), requested()],
      ['d', ago(80), endings.AccessRequestLapsed],
      ['e', ago(100), requested()],
      ['e', ago(80), issued()],
      ['e', ago(70), endings.GrantRevoked],
    );
    expect(history.of(agent, ask).deniedInLastDay).toBe(2);
  });

  it('remembers where somebody was also when there were very many requests', () => {
    const many = Array.from({ length: 250 }, (_, index) => {
      const connection = index === 0 ? 'prod-eks' : 'staging-eks';
      return [String(index), at, requested({ connection })] as const;
    });
    expect(historyOf(...many).of(agent, ask).isFirstHere).toBe(false);
  });

  it('remembers a no, however many requests come after it and whenever it comes', () => {
    const many = Array.from({ length: 250 }, (_, index) => [
      [String(index), ago(200), requested()] as const,
      [String(index), ago(200), endings.AccessRequestWithdrawn] as const,
    ]).flat();
    const early = historyOf(
      ['a', ago(300), requested()],
      ['a', ago(290), endings.AccessRequestDenied],
      ...many,
    );
    const late = historyOf(['a', ago(300), requested()], ...many, [
      'a',
      ago(100),
      endings.AccessRequestDenied,
    ]);
    expect(early.of(agent, ask).deniedInLastDay).toBe(1);
    expect(late.of(agent, ask).deniedInLastDay).toBe(1);
  });

  it('is bounded, however many connections somebody names', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => {
      const connection = `c-${index}`;
      return [String(index), at, requested({ connection })] as const;
    });
    const history = historyOf(...many);
    const isFirst = (connection: string) => history.of(agent, { ...ask, connection }).isFirstHere;
    expect(['c-0', 'c-700', 'c-900', 'c-999'].map(isFirst)).toStrictEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
