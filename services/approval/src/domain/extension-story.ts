import {
  endsGrant,
  type AccessEvent,
  type AccessEventData,
  type AccessEventType,
  type Principal,
  type Risk,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import {
  beginApproval,
  continueStanding,
  factOfEvent,
  roundOf,
  type AskingRequirement,
  type Standing,
} from '@drawbridge/scope';
import {
  approvalsAfter,
  type Ending,
  type GivenApproval,
  type RequestStory,
} from './request-story.js';

/** More time that was asked for while a grant ran. */
export interface ExtensionStory {
  readonly round: number;
  /** The agent, or the human who thought of it. */
  readonly by: Principal;
  readonly isOffered: boolean;
  /** How much longer; what approvers have left of it once they have. */
  readonly seconds: number;
  readonly reason: string;
  readonly askedAt: string;
  readonly status: ExtensionStatus;
  readonly risk?: Risk;
  readonly approval?: AskingRequirement;
  readonly standing?: Standing;
  readonly decideBy?: string;
  readonly approvals: readonly GivenApproval[];
  readonly denials: readonly Ending[];
  readonly denial?: Ending;
  /** How it ended, when it gave no more time. */
  readonly ending?: Ending;
  /** When the grant ends with it. */
  readonly endsAt?: string;
}

/** The first three can still change. */
export type ExtensionStatus =
  'requested' | 'pending' | 'approved' | 'extended' | 'denied' | 'rejected' | 'lapsed';

const open: ReadonlySet<ExtensionStatus> = new Set(['requested', 'pending', 'approved']);

/** The extensions of a request after one more event. */
export function continueExtensions(
  story: RequestStory,
  { event, at }: RecordedEvent<AccessEvent>,
): readonly ExtensionStory[] {
  const { extensions = [] } = story;
  if (event.type === 'ExtensionRequested' || event.type === 'ExtensionOffered') {
    return isNext(story, event.data.round) ? [...extensions, begun(event, at)] : extensions;
  }
  const last = extensions.at(-1);
  if (last === undefined || !open.has(last.status)) return extensions;
  const next = continueExtension(last, event, { ...story, at });
  return next === last ? extensions : [...extensions.slice(0, -1), next];
}

const isNext = ({ extensions, grant }: RequestStory, round: number): boolean =>
  grant !== undefined && (extensions?.at(-1)?.round ?? 1) < round;

function continueExtension(
  extension: ExtensionStory,
  event: AccessEvent,
  running: Running,
): ExtensionStory {
  const { at } = running;
  if (endsGrant(event.type)) return { ...extension, status: 'lapsed', ending: { at } };
  if (roundOf(event) !== extension.round) return extension;
  const counted = count(extension, event, running);
  return { ...counted, ...changeBy(counted, event, at) };
}

/** Of a request whose grant is being extended the extension, as if it were the request: what humans decide now. */
export function roundNow(story: RequestStory): RequestStory {
  const extension = story.status === 'granted' ? story.extensions?.at(-1) : undefined;
  if (extension?.approval === undefined) return story;
  const { status, approval } = extension;
  if (status !== 'pending' && status !== 'approved') return story;
  const { id, revision, requester, policy, validatedAt, questions, extensions, grant } = story;
  return {
    ...{ id, revision, requester, policy, validatedAt, questions, status, approval, cuts: [] },
    ...(grant === undefined ? {} : { grant }),
    ...(extensions === undefined ? {} : { extensions }),
    terms: { ...story.terms, durationSeconds: extension.seconds, reason: extension.reason },
    risk: extension.risk ?? story.risk,
    ...saidTo(extension),
    extends: extension,
  };
}

function saidTo({ approvals, denials, denial, standing, decideBy }: ExtensionStory) {
  return {
    ...{ approvals, denials, tickets: [] },
    ...(standing === undefined ? {} : { standing }),
    ...(decideBy === undefined ? {} : { decideBy }),
    ...(denial === undefined ? {} : { denial }),
  };
}

function begun(
  { type, data }: Extract<AccessEvent, { type: 'ExtensionRequested' | 'ExtensionOffered' }>,
  askedAt: string,
): ExtensionStory {
  const { round, by, seconds, reason } = data;
  const asked = { round, by, seconds, reason, askedAt, isOffered: type === 'ExtensionOffered' };
  return { ...asked, status: 'requested', approvals: [], denials: [] };
}

interface Running {
  readonly requester: Principal;
  readonly terms: RequestStory['terms'];
  readonly at: string;
}

/** What the event changes in what counts, and in the time by it. */
function count(
  extension: ExtensionStory,
  event: AccessEvent,
  { requester, terms: running, at }: Running,
): ExtensionStory {
  if (event.type === 'ApprovalRequested' && event.data.approval.type !== 'none') {
    const { approval } = event.data;
    const terms = { ...running, durationSeconds: extension.seconds };
    const standing = beginApproval({ approval, requester, terms, at, isExtension: true });
    return { ...extension, standing };
  }
  const fact = factOfEvent(event, at);
  if (extension.standing === undefined || fact === undefined) return extension;
  const standing = continueStanding(extension.standing, fact);
  return { ...extension, standing, seconds: standing.terms.durationSeconds };
}

type Changes = {
  readonly [Type in AccessEventType]?: (
    data: AccessEventData<Type>,
    extension: ExtensionStory,
    at: string,
  ) => Partial<ExtensionStory>;
};

const changes: Changes = {
  ExtensionValidated: (data) => validated(data),
  ApprovalRequested: ({ decideBy }) => ({ status: 'pending', decideBy }),
  ApprovalGiven: (data, { approvals }, at) => ({
    approvals: approvalsAfter(approvals, { type: 'ApprovalGiven', data }, at),
  }),
  ApprovalVoided: (data, { approvals }, at) => ({
    approvals: approvalsAfter(approvals, { type: 'ApprovalVoided', data }, at),
  }),
  ApprovalDenied: ({ approver, reason }, extension, at) =>
    denied(extension, endingOf(approver, at, reason)),
  ExtensionApproved: () => ({ status: 'approved' }),
  GrantExtended: ({ endsAt }) => ({ status: 'extended', endsAt }),
  ExtensionDenied: ({ message }, _, at) => ({ status: 'denied', ending: { at, reason: message } }),
  ExtensionClosed: ({ outcome, by, reason }, _, at) => ({
    status: outcome,
    ending: endingOf(by, at, reason),
  }),
};

const changeBy = <Type extends AccessEventType>(
  extension: ExtensionStory,
  { type, data }: { readonly type: Type; readonly data: AccessEventData<Type> },
  at: string,
): Partial<ExtensionStory> => changes[type]?.(data, extension, at) ?? {};

const validated = ({
  approval,
  risk,
}: AccessEventData<'ExtensionValidated'>): Partial<ExtensionStory> =>
  approval.type === 'none' ? { status: 'approved', risk } : { approval, risk };

function denied(
  { denials, denial, standing }: ExtensionStory,
  by: Ending,
): Partial<ExtensionStory> {
  const isDecided = denial === undefined && standing?.isDenied === true;
  return { denials: [...denials, by], ...(isDecided ? { denial: by } : {}) };
}

const endingOf = (by: Principal | undefined, at: string, reason?: string): Ending => ({
  at,
  ...(by === undefined ? {} : { by }),
  ...(reason === undefined ? {} : { reason }),
});
