import { entriesOf, error, warning, type Check, type Entry, type Finding } from './entry.js';
import type { FieldPath } from './parse-documents.js';

/** Nothing that must be one of its kind stands there twice. */
export const checkIdentities: Check = ({ entries, kinds }) => {
  const humans = entriesOf(entries, 'Human');
  const issuers = entriesOf(entries, 'Issuer');
  const known = new Set(issuers.map(({ document }) => document.spec.issuer));
  return [
    ...duplicates(entries, ['metadata', 'name'], ({ document }) => [
      `${document.kind} "${document.metadata.name}"`,
    ]),
    ...duplicates(issuers, ['spec', 'issuer'], ({ document }) => [`"${document.spec.issuer}"`]),
    ...duplicates(humans, ['spec', 'subject'], ({ document: { spec } }) => [
      `subject "${spec.subject}" of "${spec.issuer}"`,
    ]),
    ...duplicates(humans, ['spec', 'email'], ({ document: { spec } }) => [
      `e-mail address "${spec.email.toLowerCase()}"`,
    ]),
    ...duplicates(humans, ['spec', 'slack'], ({ document: { spec } }) =>
      spec.slack ? [`Slack user "${spec.slack.user}" of "${spec.slack.team}"`] : [],
    ),
    ...duplicates(entriesOf(entries, 'Connection'), ['spec', 'hosts'], ({ document: { spec } }) =>
      (spec.hosts ?? []).map((host) => `host name "${host}"`),
    ),
    ...humans
      .filter(({ document }) => kinds.has('Issuer') && !known.has(document.spec.issuer))
      .map((human) => warning(human, ['spec', 'issuer'], 'is the issuer of no Issuer document')),
  ];
};

function duplicates<Of extends Entry>(
  entries: readonly Of[],
  path: FieldPath,
  identitiesOf: (entry: Of) => readonly string[],
): Finding[] {
  const first = new Map<string, Entry>();
  return entries.flatMap((entry) =>
    identitiesOf(entry).flatMap((identity) => {
      const other = first.get(identity);
      if (other === undefined) {
        first.set(identity, entry);
        return [];
      }
      const { file, line } = other.parsed.positionOf(path);
      return [error(entry, path, `${identity} stands in ${file}:${line} already`)];
    }),
  );
}
