import { ExportManifest } from '@drawbridge/contracts';
import { z } from 'zod';

/** What `manifest.json` says: which files there are, and which messages. */
export interface ListedFiles {
  /** SHA-256 in hex, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly streams: ExportManifest['streams'];
  /** The access request whose session it is: its calls, events and recordings are files, and no messages of streams. */
  readonly session?: string;
}

/** The list of the bundle of a session, as far as it takes to check it; `drawbridge audit export` writes them. */
const SessionFiles = z.looseObject({
  format: z.literal('drawbridge-session/1'),
  accessRequestId: z.string(),
  files: z.array(z.looseObject({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** `undefined`: it is no list of files of ours. */
export function listedFiles(manifest: unknown): ListedFiles | undefined {
  const session = SessionFiles.safeParse(manifest).data;
  if (session !== undefined) {
    return {
      files: new Map(session.files.map(({ name, sha256 }) => [name, sha256])),
      streams: [],
      session: session.accessRequestId,
    };
  }
  const exported = ExportManifest.safeParse(manifest).data;
  if (exported === undefined) return undefined;
  const { files, streams } = exported;
  return { files: new Map(files.map(({ path, sha256 }) => [path, sha256])), streams };
}
