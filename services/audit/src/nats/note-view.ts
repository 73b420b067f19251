import { principalId, type AuditTrailEvent, type AuditTrailEventData } from '@drawbridge/contracts';
import type { Clock, EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';

export interface NoteViewOptions {
  readonly store: Pick<EventStore<AuditTrailEvent>, 'append'>;
  readonly clock: Clock;
}

/** A recording that is about to be shown. */
export type View = AuditTrailEventData<'RecordingViewed'>;

/**
 * Puts on the record who is shown a recording. To be called before the first byte of it leaves: what cannot be noted is
 * not shown.
 *
 * @throws EventStoreError
 */
export type NoteView = (view: View) => Promise<void>;

/** Each view is an aggregate of its own, so that nobody waits for anybody, however often one recording is seen. */
export const noteView =
  ({ store, clock }: NoteViewOptions): NoteView =>
  async (view) => {
    const at = clock();
    const id = uuidV7(at);
    await store.append({
      aggregateId: id,
      position: { lastSequence: 0 },
      event: { type: 'RecordingViewed', data: view },
      metadata: {
        id,
        causationId: id,
        actor: { kind: view.viewer.kind, id: principalId(view.viewer) },
        at: at.toISOString(),
      },
    });
  };
