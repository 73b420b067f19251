import { createEmulator } from 'emulate';

/** An S3 server in this process, for tests: in memory, over HTTP, with buckets in the path. */
export interface DemoS3 {
  /** Goes into `endpoint` of a client. */
  readonly endpoint: string;
  readonly bucket: string;
  close(): Promise<void>;
}

const BUCKET = 'drawbridge-bodies';
const OK = 200;

/** Starts one, with a bucket in it. Nobody looks at what a request is signed with. */
export async function startDemoS3(): Promise<DemoS3> {
  const emulator = await createEmulator({ service: 'aws', port: 0 });
  const { url: endpoint } = emulator;
  const made = await fetch(`${endpoint}/${BUCKET}`, { method: 'PUT' });
  if (made.status !== OK) throw new Error(`no bucket could be made: ${made.status}`);
  return { endpoint, bucket: BUCKET, close: () => emulator.close() };
}
