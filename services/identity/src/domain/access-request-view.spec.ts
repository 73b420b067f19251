import { describe, expect, it } from 'vitest';
import { AccessRequestView, type AccessEvent, type AccessEventType } from '@drawbridge/contracts';
import {
  agent,
  approval,
  at,
  endsAt,
  policy,
  recorded,
  request,
  requestId,
  risk,
  sample,
  terms,
} from '../../test/sample-events.js';
import { asOf, foldAccessEvent, isFinal } from './access-request-view.js';

const fold = (...events: readonly AccessEvent[]) =>
  events.reduce<AccessRequestView | undefined>(
    (view, event, index) => foldAccessEvent(view, recorded(event, index + 1)),
    undefined,
  );
const after = (...types: readonly AccessEventType[]) =>
  fold(sample.AccessRequested, ...types.map((type) => sample[type]));
const requested = {
  id: requestId,
  status: 'requested',
  revision: 1,
  requester: agent,
  request,
  requestedAt: at,
  approvals: [],
};
const grant = { id: sample.GrantIssued.data.grantId, startsAt: at, endsAt };

describe('the view of an access request', () => {
  it('begins with what was asked', () => expect(after()).toStrictEqual(requested));

  it('holds the whole story of a grant', () =>
    expect(
      after(
        'AccessRequestValidated',
        'ApprovalRequested',
        'ApprovalGiven',
        'AccessRequestApproved',
        'GrantIssued',
        'GrantExpired',
      ),
    ).toStrictEqual({
      ...requested,
      status: 'expired',
      revision: 7,
      policy,
      terms,
      cuts: [],
      risk,
      approval,
      decideBy: endsAt,
      approvals: [{ approver: 'alice@corp.test', via: 'slack', at }],
      grant: { ...grant, endedAt: endsAt },
    }));

  it.each<[string, readonly AccessEventType[], string]>([
    ['waiting for approval once validated', ['AccessRequestValidated'], 'pending'],
    ['waiting for approval once asked', ['AccessRequestValidated', 'ApprovalRequested'], 'pending'],
    ['still waiting after an approval', ['AccessRequestValidated', 'ApprovalGiven'], 'pending'],
    ['still waiting after a denial', ['AccessRequestValidated', 'ApprovalDenied'], 'pending'],
    ['approved', ['AccessRequestApproved'], 'approved'],
    ['denied', ['AccessRequestDenied'], 'denied'],
    ['rejected', ['AccessRequestValidated', 'AccessRequestRejected'], 'rejected'],
    ['lapsed', ['AccessRequestValidated', 'AccessRequestLapsed'], 'lapsed'],
    ['granted', ['GrantIssued'], 'granted'],
    ['revoked', ['GrantIssued', 'GrantRevoked'], 'revoked'],
    ['expired', ['GrantIssued', 'GrantExpired'], 'expired'],
    ['expired once used up', ['GrantIssued', 'GrantEnded'], 'expired'],
    ['withdrawn', ['AccessRequestWithdrawn'], 'withdrawn'],
    ['withdrawn with its grant', ['GrantIssued', 'AccessRequestWithdrawn'], 'withdrawn'],
  ])('is %s', (_, types, status) => {
    const view = after(...types);
    expect(view).toMatchObject({ status, revision: types.length + 1 });
    expect(AccessRequestView.parse(view)).toStrictEqual(view);
  });

  it('says what labels and patterns stood for', () => {
    const { data } = sample.AccessRequestValidated;
    const resolved = [
      { field: 'namespaces' as const, asked: 'team=payments', names: ['payments'] },
    ];
    const event: AccessEvent = { type: 'AccessRequestValidated', data: { ...data, resolved } };
    const view = fold(sample.AccessRequested, event);
    expect(view).toMatchObject({ resolved });
    expect(AccessRequestView.parse(view)).toStrictEqual(view);
  });

  it('is approved at once when no human has to', () => {
    const { data } = sample.AccessRequestValidated;
    const event: AccessEvent = {
      type: 'AccessRequestValidated',
      data: { ...data, approval: { type: 'none' } },
    };
    expect(fold(sample.AccessRequested, event)).toMatchObject({ status: 'approved' });
  });

  it.each<[AccessEventType, object]>([
    [
      'AccessRequestDenied',
      { code: 'no_policy', message: 'no policy allows this', suggestion: 'ask less' },
    ],
    [
      'AccessRequestRejected',
      {
        code: 'access_request_rejected',
        message: 'alice@corp.test rejected the access request: not now',
      },
    ],
    [
      'AccessRequestLapsed',
      {
        code: 'access_request_lapsed',
        message: `nobody decided before ${endsAt}`,
        suggestion: 'Ask again when an approver is available.',
      },
    ],
    ['GrantRevoked', { code: 'grant_revoked', message: 'policy changed' }],
    ['GrantEnded', { code: 'grant_used_up', message: 'the grant was used as often as it allowed' }],
  ])('says why after %s', (type, refusal) => expect(after(type)).toMatchObject({ refusal }));

  it('says that its grant was not used', () => {
    const { grantId } = sample.GrantIssued.data;
    const unused: AccessEvent = { type: 'GrantEnded', data: { grantId, cause: 'idle' } };
    const view = fold(sample.AccessRequested, sample.GrantIssued, unused);
    expect(view).toMatchObject({ status: 'expired', refusal: { code: 'grant_idle' } });
  });

  it('names no approval that was taken away', () => {
    expect(after('ApprovalGiven')?.approvals).toHaveLength(1);
    expect(after('ApprovalGiven', 'ApprovalVoided')).toMatchObject({ approvals: [] });
  });

  it('tells when a withdrawn grant was taken back, and stays withdrawn', () => {
    const view = after('GrantIssued', 'AccessRequestWithdrawn', 'GrantRevoked');
    expect(view).toMatchObject({ status: 'withdrawn', grant: { ...grant, endedAt: at } });
    expect(view).not.toHaveProperty('refusal');
  });

  const types = Object.keys(sample) as AccessEventType[];
  const endings = types.filter((type) => {
    const view = after(type);
    return view !== undefined && isFinal(view);
  });

  it('has seven endings', () =>
    expect(endings.toSorted()).toStrictEqual([
      'AccessRequestDenied',
      'AccessRequestLapsed',
      'AccessRequestRejected',
      'AccessRequestWithdrawn',
      'GrantEnded',
      'GrantExpired',
      'GrantRevoked',
    ]));

  it.each(endings.flatMap((ending) => types.map((type) => [ending, type] as const)))(
    'keeps its ending when %s is followed by %s',
    (ending, late) => {
      const [ended, view] = [after(ending), after(ending, late)];
      expect(view?.status).toBe(ended?.status);
      expect(view?.revision).toBe(3);
    },
  );

  it.each(types)('does not count a redelivered %s', (type) => {
    const event = recorded(sample[type], 2);
    const once = foldAccessEvent(after(), event);
    expect(foldAccessEvent(once, event)).toBe(once);
    expect(foldAccessEvent(once, recorded(sample.ApprovalGiven, 1))).toBe(once);
  });

  it.each(types.filter((type) => type !== 'AccessRequested'))('does not begin with %s', (type) =>
    expect(fold(sample[type])).toBeUndefined(),
  );

  it('ends with its grant before the event that records it', () => {
    const view = after('GrantIssued')!;
    expect(asOf(view, new Date('2026-01-05T09:14:59.999Z'))).toBe(view);
    expect(asOf(view, new Date(endsAt))).toStrictEqual({
      ...view,
      status: 'expired',
      grant: { ...grant, endedAt: endsAt },
    });
  });

  it('keeps any other status as time goes by', () => {
    const view = after('GrantIssued', 'AccessRequestWithdrawn')!;
    expect(asOf(view, new Date('2027-01-01T00:00:00Z'))).toBe(view);
  });
});
