import type {
  ApprovalStepView,
  ApprovalView,
  QuestionView,
  TicketWordView,
} from '@drawbridge/contracts';
import { describeRules } from '@drawbridge/scope';
import { stepsOf } from '../domain/steps-of.js';
import type {
  GivenApproval,
  RequestStory,
  StoryQuestion,
  TicketWord,
} from '../domain/request-story.js';

/**
 * A story as the API shows it.
 *
 * @param logIn - where to approve it with a fresh login
 */
export function approvalView(story: RequestStory, logIn?: string): ApprovalView {
  const { id, status, revision, requester, terms, cuts, risk, policy, standing } = story;
  return {
    id,
    status,
    revision,
    requester,
    ...extensionOf(story),
    terms,
    plainWords: describeRules(terms.rules),
    cuts: [...cuts],
    risk,
    ...foundOut(story),
    policy,
    ...(standing === undefined ? {} : { termsVersion: standing.termsVersion }),
    ...(status === 'pending' ? { steps: stepViews(story) } : {}),
    ...(story.approval === undefined ? {} : { approval: story.approval }),
    ...(story.decideBy === undefined ? {} : { decideBy: story.decideBy }),
    ...(logIn !== undefined && wantsLogIn(story) ? { stepUpUrl: logIn } : {}),
    approvals: story.approvals.map(approvalOf),
    ...(story.tickets.length === 0 ? {} : { tickets: story.tickets.map(ticketOf) }),
    ...(story.questions.length === 0 ? {} : { questions: story.questions.map(questionOf) }),
  };
}

/** What policy found out about the request, where there was something to find. */
const foundOut = ({ resolved, facts }: RequestStory): Pick<ApprovalView, 'resolved' | 'facts'> => ({
  ...(resolved === undefined ? {} : { resolved: [...resolved] }),
  ...(facts === undefined ? {} : { facts: [...facts] }),
});

/** Where it is about more time for a grant that runs, which. */
function extensionOf({ extends: extension, grant }: RequestStory): Pick<ApprovalView, 'extension'> {
  if (extension === undefined || grant === undefined) return {};
  const { round, by } = extension;
  const { id: grantId, startsAt, endsAt } = grant;
  const requestedBy = by.email ?? by.subject;
  return { extension: { round, grantId, startsAt, endsAt, requestedBy } };
}

const wantsLogIn = ({ status, approval }: RequestStory): boolean =>
  status === 'pending' && approval?.type === 'steps' && approval.stepUp !== undefined;

const stepViews = (story: RequestStory): ApprovalStepView[] =>
  stepsOf(story).map(({ groups, reminders, escalations, ticket, ...step }) => ({
    ...step,
    ...(ticket === undefined ? {} : { ticket: { ...ticket } }),
    groups: [...groups],
    ...(reminders === 0 ? {} : { reminders }),
    ...(escalations === 0 ? {} : { escalations }),
  }));

const ticketOf = ({ webhook, ticket, decision, by, at }: TicketWord): TicketWordView => ({
  ...{ webhook, ticket, decision, at },
  ...(by === undefined ? {} : { by }),
});

const questionOf = ({ id, by, text, at, answer }: StoryQuestion): QuestionView => ({
  id,
  by: by.email ?? by.subject,
  text,
  askedAt: at,
  ...(answer === undefined ? {} : { answer }),
});

function approvalOf(given: GivenApproval): ApprovalView['approvals'][number] {
  const { approver, via, at, comment, step, narrow, voided } = given;
  return {
    approver: approver.email ?? approver.subject,
    via,
    at,
    ...(comment === undefined ? {} : { comment }),
    ...(step === undefined ? {} : { step }),
    ...(narrow === undefined ? {} : { narrowed: true }),
    ...(voided === undefined ? {} : { voidedAt: voided.at }),
  };
}
