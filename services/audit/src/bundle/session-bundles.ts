import { pipeline, Readable } from 'node:stream';
import { createGzip, type Gzip } from 'node:zlib';
import { principalId } from '@drawbridge/contracts';
import { exportStatement } from '@drawbridge/integrity';
import { codeOf, neutralise, type Clock } from '@drawbridge/kernel';
import type { ObjectStore } from '@drawbridge/object-store';
import type { AuditStore } from '../clickhouse/select-page.js';
import type { Reader } from '../http/require-reader.js';
import type { SessionStories } from '../http/session-stories.js';
import type { SigningKeys } from '../integrity/signing-keys.js';
import type { NoteView } from '../nats/note-view.js';
import type { SealedRecord } from '../nats/sealed-record.js';
import { BundlePlaces } from './bundle-places.js';
import { SessionBundle, type SignManifest } from './session-bundle.js';

export interface BundlesOptions {
  readonly store: AuditStore;
  readonly stories: SessionStories;
  readonly sealed: SealedRecord;
  readonly noteView: NoteView;
  readonly clock: Clock;
  readonly objects: Pick<ObjectStore, 'get'> | undefined;
  /** Absent: nothing is signed here. */
  readonly keys: SigningKeys | undefined;
}

/** Sessions to take away. */
export class SessionBundles {
  readonly #places = new BundlePlaces();

  constructor(private readonly options: BundlesOptions) {}

  /**
   * The bundle of a session, as it is made: nobody waits for the whole of it, and it is never in memory. That it is
   * taken is recorded first.
   *
   * @param id - of an access request, or of its grant
   * @throws SessionUnknown, AuditQueryError, EventStoreError
   */
  async open(id: string, reader: Reader): Promise<Gzip> {
    const { stories, noteView, clock, sealed, objects, keys, ...parts } = this.options;
    const place = this.#places.take();
    try {
      const { connection, grant } = await stories.page(id, { limit: 1 }, reader);
      const viewer = reader.principal;
      const ofGrant = grant === undefined ? {} : { grantId: grant.id };
      await noteView({ ...ofGrant, connection, viewer, how: 'export' });
      const bundle = new SessionBundle(
        { ...parts, stories, objects, statement: signedBy(keys), integrity: () => proofs(sealed) },
        { id, reader, madeAt: clock().toISOString(), madeFor: principalId(viewer) },
      );
      const gzip = createGzip();
      pipeline(Readable.from(bundle.bytes()), gzip, () => place.release());
      return gzip;
    } catch (error) {
      place.release();
      throw error;
    }
  }
}

const signedBy =
  (keys: SigningKeys | undefined): SignManifest =>
  (manifest, { madeAt: at, madeFor }) =>
    keys &&
    exportStatement({ name: keys.name, manifest, by: neutralise(madeFor), at }, keys.current);

/** The newest checkpoint of each stream, and the keys to check them with. */
async function proofs(sealed: SealedRecord): Promise<readonly (readonly [string, string])[]> {
  try {
    const [keys, { items }] = [await sealed.keys(), await sealed.newest()];
    return [
      ['integrity/keys.json', `${JSON.stringify(keys, undefined, 2)}\n`],
      ...items.map(({ stream, note }) => [`integrity/${stream}.note`, note] as const),
    ];
  } catch (error) {
    // The session is worth having without them; the file says why they are not there.
    const why = codeOf(error) ?? (error instanceof Error ? error.name : '');
    return [['integrity/missing.json', `${JSON.stringify({ why })}\n`]];
  }
}
