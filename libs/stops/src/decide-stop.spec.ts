import { describe, it } from 'vitest';
import type { Principal, StopEvent } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import { agentSwitchOf, bridgesOf } from './decide-stop.js';

const human = (name: string): Principal => ({
  kind: 'human',
  issuer: 'https://idp.corp.test',
  subject: name,
  email: `${name}@corp.test`,
  groups: [],
});
const [alice, bob] = [human('alice'), human('bob')];
const said = { via: 'http', reason: 'incident' } as const;
const raisedBy = (by: Principal, keep = true): StopEvent => ({
  type: 'BridgesRaised',
  data: { by, ...said, target: 'all', keep },
});
const released: StopEvent = { type: 'BridgesReleased', data: { by: alice, ...said } };
const raise = (
  more: { by?: Principal; keep?: boolean; mayRaise?: boolean; isAdmin?: boolean } = {},
) =>
  ({
    type: 'RaiseBridges',
    by: alice,
    ...said,
    target: 'all',
    keep: true,
    mayRaise: true,
    isAdmin: false,
    ...more,
  }) as const;
const release = (by: Principal, isAdmin: boolean) =>
  ({ type: 'ReleaseBridges', by, ...said, isAdmin }) as const;

describe('bridges', () => {
  const { given } = specify(bridgesOf('all'));

  it('are raised by whoever may, and by nobody else', () => {
    given().when(raise()).then(raisedBy(alice));
    given()
      .when(raise({ mayRaise: false }))
      .thenRefused('admins_only');
    // Also when there is nothing left to do.
    given(raisedBy(bob))
      .when(raise({ mayRaise: false }))
      .thenRefused('admins_only');
  });

  it('are raised once, and again after a release or a moment', () => {
    given(raisedBy(bob)).when(raise()).thenNothing();
    given(raisedBy(bob))
      .when(raise({ keep: false }))
      .thenNothing();
    given(raisedBy(bob), released).when(raise()).then(raisedBy(alice));
    given(raisedBy(bob, false)).when(raise()).then(raisedBy(alice));
    given(raisedBy(bob, false))
      .when(raise({ keep: false }))
      .then(raisedBy(alice, false));
  });

  it('of an approver are taken over by an administrator, so that nobody else gives power back', () => {
    given(raisedBy(bob))
      .when(raise({ isAdmin: true }))
      .then(raisedBy(alice));
    given(raisedBy(bob), raisedBy(alice)).when(release(bob, false)).thenRefused('admins_only');
    given(raisedBy(alice))
      .when(raise({ isAdmin: true }))
      .thenNothing();
    // What is kept raised is not made to last a moment only.
    given(raisedBy(bob))
      .when(raise({ isAdmin: true, keep: false }))
      .thenNothing();
  });

  it('are released by an administrator or by who raised them', () => {
    const event = (by: Principal): StopEvent => ({
      type: 'BridgesReleased',
      data: { by, ...said },
    });
    given(raisedBy(alice)).when(release(bob, true)).then(event(bob));
    given(raisedBy(alice)).when(release(alice, false)).then(event(alice));
    given(raisedBy(alice)).when(release(bob, false)).thenRefused('admins_only');
  });

  it('are not released by an account that only has the same address', () => {
    const twin = { ...alice, issuer: 'https://other.test' };
    given(raisedBy(alice)).when(release(twin, false)).thenRefused('admins_only');
  });

  it('that are not raised need no release, and tell nobody else that', () => {
    given().when(release(bob, true)).thenNothing();
    given().when(release(bob, false)).thenRefused('admins_only');
    given(raisedBy(alice), released).when(release(alice, false)).thenRefused('admins_only');
  });
});

describe('an agent', () => {
  const agent = { issuer: 'https://idp.corp.test', subject: 'agent-oncall' };
  const { given } = specify(agentSwitchOf(agent));
  const order = { by: alice, agent, reason: 'runs wild' };
  const data = { by: alice, ...agent, reason: 'runs wild' };

  it('is disabled once and enabled once', () => {
    given()
      .when({ type: 'DisableAgent', ...order })
      .then({ type: 'AgentDisabled', data });
    given({ type: 'AgentDisabled', data })
      .when({ type: 'DisableAgent', ...order })
      .thenNothing();
    given({ type: 'AgentDisabled', data })
      .when({ type: 'EnableAgent', ...order })
      .then({ type: 'AgentEnabled', data });
    given()
      .when({ type: 'EnableAgent', ...order })
      .thenNothing();
  });
});
