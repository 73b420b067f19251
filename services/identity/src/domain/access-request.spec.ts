import { describe, it } from 'vitest';
import { specify } from '@drawbridge/testing';
import { agent, alice, questionId, request, sample } from '../../test/sample-events.js';
import { accessRequest } from './access-request.js';

const { given } = specify(accessRequest);
const requestAccess = { type: 'RequestAccess', requester: agent, request, digest: 'd1' } as const;
const withdraw = { type: 'WithdrawAccess', by: agent } as const;
const requested = sample.AccessRequested;

describe('requesting access', () => {
  it('records what was asked and by whom', () => given().when(requestAccess).then(requested));

  it('again with the same key and request changes nothing', () =>
    given(requested).when(requestAccess).thenNothing());

  it('again changes nothing whatever has become of the request', () =>
    given(requested, sample.AccessRequestWithdrawn).when(requestAccess).thenNothing());

  it.each([
    ['another request', { ...requestAccess, digest: 'd2' }],
    ['another requester', { ...requestAccess, requester: alice }],
    [
      'the same subject of another issuer',
      { ...requestAccess, requester: { ...agent, issuer: 'https://other.test' } },
    ],
  ])('with a used key and %s is refused', (_, command) =>
    given(requested).when(command).thenRefused('idempotency_key_reused'),
  );
});

describe('withdrawing', () => {
  it.each([
    ['was just made', []],
    ['waits for approval', [sample.AccessRequestValidated, sample.ApprovalRequested]],
    ['has one approval', [sample.ApprovalGiven]],
    ['has one denial', [sample.ApprovalDenied]],
    ['is approved', [sample.AccessRequestApproved]],
    ['is granted', [sample.AccessRequestApproved, sample.GrantIssued]],
  ])('is recorded when the request %s', (_, past) =>
    given(requested, ...past)
      .when(withdraw)
      .then(sample.AccessRequestWithdrawn),
  );

  it('records who did it, with the groups of now', () => {
    const by = { ...agent, groups: ['other-group'] };
    given(requested)
      .when({ ...withdraw, by })
      .then({ type: 'AccessRequestWithdrawn', data: { by } });
  });

  it('twice changes nothing', () =>
    given(requested, sample.AccessRequestWithdrawn).when(withdraw).thenNothing());

  it('twice changes nothing, also after the grant was taken back', () =>
    given(requested, sample.GrantIssued, sample.AccessRequestWithdrawn, sample.GrantRevoked)
      .when(withdraw)
      .thenNothing());

  it.each([
    ['denied', sample.AccessRequestDenied],
    ['rejected', sample.AccessRequestRejected],
    ['lapsed', sample.AccessRequestLapsed],
    ['revoked', sample.GrantRevoked],
    ['expired', sample.GrantExpired],
    ['used up', sample.GrantEnded],
  ])('is refused once %s', (_, end) =>
    given(requested, end).when(withdraw).thenRefused('access_request_final'),
  );

  it('stays refused after a late event of another service', () =>
    given(requested, sample.AccessRequestLapsed, sample.ApprovalGiven)
      .when(withdraw)
      .thenRefused('access_request_final'));

  it.each([
    ['by somebody else', [requested], { ...withdraw, by: alice }],
    [
      'by the same subject of another issuer',
      [requested],
      { ...withdraw, by: { ...agent, issuer: 'https://other.test' } },
    ],
    ['of a request that was never made', [], withdraw],
  ])('%s is refused as unknown', (_, past, command) =>
    given(...past)
      .when(command)
      .thenRefused('access_request_unknown'),
  );
});

describe('answering a question', () => {
  const answer = { type: 'AnswerQuestion', by: agent, questionId, text: 'checkout alone' } as const;
  const asked = [requested, sample.AccessRequestValidated, sample.QuestionAsked];

  it('records the answer', () =>
    given(...asked)
      .when(answer)
      .then(sample.QuestionAnswered));

  it('records the first one, once', () => {
    const answered = [...asked, sample.QuestionAnswered];
    given(...answered)
      .when(answer)
      .thenNothing();
    given(...answered)
      .when({ ...answer, text: 'all of it' })
      .thenRefused('question_answered');
    given(...answered, sample.QuestionAsked)
      .when({ ...answer, text: 'all of it' })
      .thenRefused('question_answered');
  });

  it('is refused to everybody but the requester', () => {
    for (const by of [alice, { ...agent, issuer: 'https://other.test' }]) {
      given(...asked)
        .when({ ...answer, by })
        .thenRefused('access_request_unknown');
    }
    given().when(answer).thenRefused('access_request_unknown');
  });

  it('is refused where nobody asked, and where nobody waits', () => {
    given(requested).when(answer).thenRefused('question_unknown');
    given(...asked, sample.AccessRequestLapsed)
      .when(answer)
      .thenRefused('access_request_final');
  });
});
