import { checkWindow } from './check-window.js';
import { entriesOf, error, type Check } from './entry.js';

/** Hours of Risk documents are some of the time, and there is one model at most. */
export const checkRisks: Check = ({ entries }) => {
  const risks = entriesOf(entries, 'Risk');
  const models = risks.filter(({ document }) => document.spec.model !== undefined);
  const windows = risks.flatMap((entry) =>
    entry.document.spec.rules.flatMap(({ when: { outside } }, index) =>
      outside === undefined
        ? []
        : checkWindow(entry, outside, ['spec', 'rules', index, 'when', 'outside']),
    ),
  );
  return [
    ...windows,
    ...models
      .slice(1)
      .map((entry) =>
        error(entry, ['spec', 'model'], 'is a second model: one is asked about each request'),
      ),
  ];
};
