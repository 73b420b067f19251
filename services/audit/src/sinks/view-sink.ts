import type { SinkDocument, SinkView } from '@drawbridge/contracts';
import type { GuardedBucket, JetStreamConnection } from '@drawbridge/jetstream';
import { streamsOf } from './running-sink.js';
import { KeptPlace } from './sink-place.js';
import { StreamReader } from './stream-reader.js';

/** How far a sink is, by what is kept of it; nothing of it is secret. */
export async function viewSink(
  document: SinkDocument,
  { connection, bucket }: { connection: JetStreamConnection; bucket: Pick<GuardedBucket, 'read'> },
): Promise<SinkView> {
  const { metadata, spec } = document;
  const read = KeptPlace.safeParse((await bucket.read(metadata.name)).value);
  const kept = read.data;
  const streams = streamsOf(document).map(async (stream) => {
    const { last } = await new StreamReader(connection, stream).bounds();
    const position = kept?.positions[stream];
    return { stream, position: position ?? last, behind: Math.max(last - (position ?? last), 0) };
  });
  return {
    name: metadata.name,
    type: spec.to.type,
    streams: await Promise.all(streams),
    ...(kept?.failing && { failing: kept.failing }),
  };
}
