import { describe, expect, it } from 'vitest';
import { noRouting, routeOf, type Routed, type Routing } from './routing.js';

const channelOf = (routing: Routing, asked: Routed) => routeOf(routing, asked)?.channel;
const asked: Routed = { connection: 'prod-eks', environment: 'production', risk: 'high' };
const teams = new Map([['prod-eks', 'payments']]);
const one = (when: Routing['routes'][number]['when']): Routing => ({
  routes: [{ when, channel: 'C1' }],
  teams,
});

describe('a route', () => {
  it.each([
    [{}, true],
    [{ connections: ['prod-eks'] }, true],
    [{ connections: ['other'] }, false],
    [{ environments: ['staging', 'production'] }, true],
    [{ environments: ['staging'] }, false],
    [{ teams: ['payments'] }, true],
    [{ teams: ['search'] }, false],
    [{ risk: ['high' as const] }, true],
    [{ risk: ['low' as const] }, false],
    [{ teams: ['payments'], risk: ['low' as const] }, false],
  ])('%j: %s', (when, takes) => expect(channelOf(one(when), asked)).toBe(takes ? 'C1' : undefined));

  it('takes nothing by what is not known', () => {
    expect(channelOf(one({ teams: ['payments'] }), { ...asked, connection: 'x' })).toBeUndefined();
    const { connection, environment } = asked;
    expect(channelOf(one({ risk: ['high'] }), { connection, environment })).toBeUndefined();
    expect(routeOf(noRouting, asked)).toBeUndefined();
  });

  it('is the first that takes it', () => {
    const routes = [
      { when: { risk: ['low' as const] }, channel: 'C1' },
      { when: { environments: ['production'] }, channel: 'C2' },
      { when: {}, channel: 'C3' },
    ];
    expect(channelOf({ routes, teams }, asked)).toBe('C2');
    expect(channelOf({ routes, teams }, { ...asked, environment: 'x' })).toBe('C3');
  });
});
