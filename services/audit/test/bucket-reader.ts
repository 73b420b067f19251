import { gunzipSync } from 'node:zlib';
import type { DemoS3 } from '@drawbridge/embedded';
import { z } from 'zod';

const Line = z.strictObject({
  stream: z.string(),
  sequence: z.int(),
  line: z.int(),
  record: z.looseObject({ type: z.string(), at: z.string() }),
});
export type ExportedLine = z.infer<typeof Line>;

/** Names of all objects of a bucket. */
export async function objectsIn({ endpoint, bucket }: DemoS3): Promise<readonly string[]> {
  const xml = await (await fetch(`${endpoint}/${bucket}?max-keys=1000`)).text();
  return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
}

/** The lines of one object. */
export async function linesOf(
  { endpoint, bucket }: DemoS3,
  key: string,
): Promise<readonly ExportedLine[]> {
  const bytes = Buffer.from(await (await fetch(`${endpoint}/${bucket}/${key}`)).arrayBuffer());
  const lines = gunzipSync(bytes).toString('utf8').split('\n');
  if (lines.pop() !== '') throw new Error(`${key} does not end with a line`);
  return lines.map((line) => Line.parse(JSON.parse(line)));
}
