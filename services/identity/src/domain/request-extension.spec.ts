import { describe, expect, it } from 'vitest';
import type { AccessEvent, AccessRequestView } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import { agent, alice, at, endsAt, recorded, sample } from '../../test/sample-events.js';
import { asOf, foldAccessEvent } from './access-request-view.js';
import { accessRequest } from './access-request.js';

const { given } = specify(accessRequest);
const granted = [sample.AccessRequested, sample.GrantIssued];
const { seconds, reason } = sample.ExtensionRequested.data;
const wish = { seconds, reason };
const extend = { type: 'RequestExtension', by: agent, ...wish, at } as const;

describe('asking for more time', () => {
  it('is recorded as the next round', () => {
    given(...granted)
      .when(extend)
      .then(sample.ExtensionRequested);
    given(...granted, sample.ExtensionRequested, sample.ExtensionDenied)
      .when(extend)
      .then({ ...sample.ExtensionRequested, data: { round: 3, by: agent, ...wish } });
  });

  it('the same again, while nothing has come of it, changes nothing', () => {
    given(...granted, sample.ExtensionRequested)
      .when(extend)
      .thenNothing();
    given(...granted, sample.ExtensionRequested)
      .when({ ...extend, seconds: 601 })
      .thenRefused('extension_pending');
    given(...granted, sample.ExtensionOffered)
      .when(extend)
      .thenRefused('extension_pending');
  });

  it.each<[string, readonly AccessEvent[]]>([
    ['that is not granted', [sample.AccessRequested]],
    ['that was revoked', [...granted, sample.GrantRevoked]],
    ['whose end is ordered', [...granted, sample.RevocationOrdered]],
    ['that has expired', [...granted, sample.GrantExpired]],
    ['that is used up', [...granted, sample.GrantEnded]],
    ['that was withdrawn', [...granted, sample.AccessRequestWithdrawn]],
  ])('of a request %s is refused', (_, past) =>
    given(...past)
      .when(extend)
      .thenRefused('grant_not_open'),
  );

  it('from the end on is refused, whether or not that is recorded', () =>
    given(...granted)
      .when({ ...extend, at: endsAt })
      .thenRefused('grant_not_open'));

  it('until the new end is possible', () =>
    given(...granted, sample.ExtensionRequested, sample.GrantExtended)
      .when({ ...extend, at: endsAt })
      .then({ ...sample.ExtensionRequested, data: { round: 3, by: agent, ...wish } }));

  it('by somebody else tells nothing', () =>
    given(...granted)
      .when({ ...extend, by: alice })
      .thenRefused('access_request_unknown'));

  it('has an end', () => {
    const rounds = Array.from({ length: 9 }, (_, index): AccessEvent[] => [
      { type: 'ExtensionRequested', data: { round: index + 2, by: agent, ...wish } },
      { type: 'ExtensionClosed', data: { round: index + 2, outcome: 'lapsed' } },
    ]).flat();
    given(...granted, ...rounds)
      .when(extend)
      .thenRefused('too_many_rounds');
  });
});

describe('the view of a request with an extension', () => {
  const viewOf = (...events: readonly AccessEvent[]): AccessRequestView => {
    const view = events
      .map((event, index) => recorded(event, index + 1))
      .reduce<AccessRequestView | undefined>(foldAccessEvent, undefined);
    if (view === undefined) throw new Error('no view');
    return view;
  };
  const round = { round: 2 } as const;
  const asked: AccessEvent = {
    type: 'ApprovalRequested',
    data: { ...sample.ApprovalRequested.data, ...round },
  };
  const yes: AccessEvent = {
    type: 'ApprovalGiven',
    data: { ...sample.ApprovalGiven.data, ...round },
  };
  const pending = [...granted, sample.ExtensionRequested, sample.ExtensionValidated, asked, yes];

  it('stays granted, and tells of the extension beside', () => {
    const view = viewOf(...pending);
    expect(view).toMatchObject({
      status: 'granted',
      approvals: [],
      grant: { endsAt },
      extension: {
        round: 2,
        seconds: 600,
        status: 'pending',
        decideBy: endsAt,
        approvals: [{ approver: 'alice@corp.test' }],
      },
    });
    expect(view.decideBy).toBeUndefined();
    expect(view.approval).toBeUndefined();
  });

  it('says what came of it', () => {
    expect(viewOf(...pending, sample.ExtensionApproved).extension?.status).toBe('approved');
    const longer = viewOf(...pending, sample.ExtensionApproved, sample.GrantExtended);
    expect(longer.extension?.status).toBe('extended');
    expect(longer.grant?.endsAt).toBe(sample.GrantExtended.data.endsAt);
    expect(viewOf(...pending, sample.ExtensionClosed).extension).toMatchObject({
      status: 'rejected',
      refusal: { code: 'extension_rejected' },
    });
    expect(
      viewOf(...granted, sample.ExtensionRequested, sample.ExtensionDenied).extension,
    ).toMatchObject({ status: 'denied', refusal: { code: 'extension_too_long' } });
  });

  it('is over with the grant, also before that is recorded', () => {
    const over = { status: 'lapsed', refusal: { code: 'grant_expired' } };
    expect(viewOf(...pending, sample.GrantExpired).extension).toMatchObject(over);
    const view = asOf(viewOf(...pending), new Date(endsAt));
    expect(view).toMatchObject({ status: 'expired', extension: over });
    const longer = viewOf(...pending, sample.ExtensionApproved, sample.GrantExtended);
    expect(asOf(longer, new Date(endsAt)).status).toBe('granted');
  });

  it('of an old round changes nothing', () =>
    expect(viewOf(...pending, sample.GrantExtended, sample.ExtensionClosed).extension?.status).toBe(
      'extended',
    ));
});
