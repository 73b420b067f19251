import {
  endsGrant,
  principalId,
  type AccessEvent,
  type AccessEventData,
  type AccessEventType,
  type AccessRequestView,
  type ExtensionView,
  type Principal,
} from '@drawbridge/contracts';
import { roundOf } from '@drawbridge/scope';

type Extension = AccessRequestView['extension'];
type Refusal = ExtensionView['refusal'];

const nameOf = (principal: Principal): string => principal.email ?? principalId(principal);

/** The newest wish for more time after an event; events of other rounds change nothing. */
export function foldExtension(extension: Extension, event: AccessEvent, at: string): Extension {
  if (event.type === 'ExtensionRequested' || event.type === 'ExtensionOffered') {
    return begun(extension, event.data);
  }
  if (extension === undefined || isOver(extension)) return extension;
  if (endsGrant(event.type)) return withGrantOver(extension);
  if (roundOf(event) !== extension.round) return extension;
  return { ...extension, ...changeBy(extension, event, at) };
}

/** What is still open when the grant is over. */
export function withGrantOver(extension: ExtensionView): ExtensionView {
  if (isOver(extension)) return extension;
  const message = 'the grant ended before anything came of it';
  return { ...extension, status: 'lapsed', refusal: { code: 'grant_expired', message } };
}

const open: ReadonlySet<ExtensionView['status']> = new Set(['requested', 'pending', 'approved']);
const isOver = ({ status }: ExtensionView): boolean => !open.has(status);

function begun(
  before: Extension,
  {
    round,
    seconds,
    reason,
    by,
  }: Pick<ExtensionView, 'round' | 'seconds' | 'reason'> & { by: Principal },
): ExtensionView {
  if (before !== undefined && before.round >= round) return before;
  const asked = { round, seconds, reason, requestedBy: nameOf(by) };
  return { ...asked, status: 'requested', approvals: [] };
}

type Changes = {
  readonly [Type in AccessEventType]?: (
    data: AccessEventData<Type>,
    extension: ExtensionView,
    at: string,
  ) => Partial<ExtensionView>;
};

const changes: Changes = {
  ExtensionValidated: ({ approval }) => ({
    status: approval.type === 'none' ? 'approved' : 'pending',
  }),
  ApprovalRequested: ({ decideBy }) => ({ decideBy }),
  ApprovalGiven: ({ approver, via }, { approvals }, at) => ({
    approvals: [...approvals, { approver: nameOf(approver), via, at }],
  }),
  ApprovalVoided: ({ approver }, { approvals }) => ({
    approvals: approvals.filter((given) => given.approver !== nameOf(approver)),
  }),
  ExtensionApproved: () => ({ status: 'approved' }),
  GrantExtended: () => ({ status: 'extended' }),
  ExtensionDenied: (data) => ({ status: 'denied', refusal: refusalOf(data) }),
  ExtensionClosed: (data) => closed(data),
};

const changeBy = <Type extends AccessEventType>(
  extension: ExtensionView,
  { type, data }: { readonly type: Type; readonly data: AccessEventData<Type> },
  at: string,
): Partial<ExtensionView> => changes[type]?.(data, extension, at) ?? {};

function refusalOf({
  code,
  message,
  suggestion,
}: {
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string | undefined;
}): Refusal {
  return { code, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

function closed({
  outcome,
  by,
  reason,
}: Extract<AccessEvent, { type: 'ExtensionClosed' }>['data']): Partial<ExtensionView> {
  if (outcome === 'lapsed') {
    const message = 'nobody decided in time';
    return { status: 'lapsed', refusal: { code: 'extension_lapsed', message } };
  }
  const who = by === undefined ? 'an approver' : nameOf(by);
  const why = reason === undefined ? '' : `: ${reason}`;
  const message = `${who} rejected the extension${why}`;
  return { status: 'rejected', refusal: { code: 'extension_rejected', message } };
}
