import type { ConfigurationDocument } from '@drawbridge/contracts';
import type { ConfigurationKind } from './configuration.js';
import type { FieldPath, ParsedDocument } from './parse-documents.js';

export type DocumentOf<Kind extends ConfigurationKind> = Extract<
  ConfigurationDocument,
  { kind: Kind }
>;

/** A valid document with the text it came from. */
export interface Entry<Document extends ConfigurationDocument = ConfigurationDocument> {
  readonly document: Document;
  readonly parsed: ParsedDocument;
}

/** What a check says about one field of one document. */
export interface Finding {
  readonly entry: Entry;
  readonly path: FieldPath;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** What all documents together are checked for. */
export interface Checked {
  readonly entries: readonly Entry[];
  /** Kinds that were read; of another kind nothing can be said to be missing. */
  readonly kinds: ReadonlySet<ConfigurationKind>;
}

export type Check = (checked: Checked) => readonly Finding[];

export function entriesOf<Kind extends ConfigurationKind>(
  entries: readonly Entry[],
  kind: Kind,
): readonly Entry<DocumentOf<Kind>>[] {
  return entries.flatMap(({ document, parsed }) =>
    isOfKind(document, kind) ? [{ document, parsed }] : [],
  );
}

function isOfKind<Kind extends ConfigurationKind>(
  document: ConfigurationDocument,
  kind: Kind,
): document is DocumentOf<Kind> {
  return document.kind === kind;
}

export const error = (entry: Entry, path: FieldPath, message: string): Finding => ({
  entry,
  path,
  message,
  severity: 'error',
});

export const warning = (entry: Entry, path: FieldPath, message: string): Finding => ({
  ...error(entry, path, message),
  severity: 'warning',
});
