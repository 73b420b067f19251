import { checkWindow } from './check-window.js';
import { entriesOf, type Check } from './entry.js';

/** Hours of Risk documents are some of the time. */
export const checkRisks: Check = ({ entries }) =>
  entriesOf(entries, 'Risk').flatMap((entry) =>
    entry.document.spec.rules.flatMap(({ when: { outside } }, index) =>
      outside === undefined
        ? []
        : checkWindow(entry, outside, ['spec', 'rules', index, 'when', 'outside']),
    ),
  );
