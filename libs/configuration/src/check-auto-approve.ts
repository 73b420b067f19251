import type { AutoApproveRule, PolicyDocument } from '@drawbridge/contracts';
import { checkWindow } from './check-window.js';
import { entriesOf, error, type Check, type Checked, type Entry, type Finding } from './entry.js';
import type { FieldPath } from './parse-documents.js';

/** Rules for asking nobody are about something that the policy allows, and can hold at some time. */
export const checkAutoApprove: Check = (checked) =>
  entriesOf(checked.entries, 'Policy').flatMap((entry) =>
    entry.document.spec.autoApprove.flatMap((rule, index) =>
      checkRule(entry, { rule, path: ['spec', 'autoApprove', index], checked }),
    ),
  );

interface Placed {
  readonly rule: AutoApproveRule;
  readonly path: FieldPath;
  readonly checked: Checked;
}

function checkRule(
  entry: Entry<PolicyDocument>,
  { rule, path, checked: { entries, kinds } }: Placed,
): Finding[] {
  const { actions, autoApprove } = entry.document.spec;
  const first = autoApprove.find(({ name }) => name === rule.name);
  const { onCall, ticket, times = [] } = rule.when;
  const isKnown = (name: string) =>
    !kinds.has('Schedule') ||
    entriesOf(entries, 'Schedule').some(({ document }) => document.metadata.name === name);
  return [
    ...(first === rule
      ? []
      : [error(entry, [...path, 'name'], `"${rule.name}" stands there twice`)]),
    ...rule.actions.flatMap((action, index) =>
      actions.includes(action)
        ? []
        : [error(entry, [...path, 'actions', index], `the policy has no action "${action}"`)],
    ),
    ...(onCall === undefined || isKnown(onCall.schedule)
      ? []
      : [
          error(
            entry,
            [...path, 'when', 'onCall', 'schedule'],
            `no Schedule document is named "${onCall.schedule}"`,
          ),
        ]),
    ...(ticket === undefined || tellsStates(ticket.webhook, { entries, kinds })
      ? []
      : [
          error(
            entry,
            [...path, 'when', 'ticket', 'webhook'],
            `no Webhook document "${ticket.webhook}" has "ticketState"`,
          ),
        ]),
    ...times.flatMap((window, index) =>
      checkWindow(entry, window, [...path, 'when', 'times', index]),
    ),
  ];
}

const tellsStates = (name: string, { entries, kinds }: Checked): boolean =>
  !kinds.has('Webhook') ||
  entriesOf(entries, 'Webhook').some(
    ({ document }) => document.metadata.name === name && document.spec.ticketState !== undefined,
  );
