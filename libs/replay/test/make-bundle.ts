import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  BUNDLE_FORMAT,
  tarEnd,
  tarEntry,
  type BundleManifest,
  type RecordedBodies,
  type RecordedCall,
} from '../src/index.js';
import { grantId, requestId } from './story-samples.js';

const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');
const lines = (values: readonly object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

function bodyLines({ command, bodies }: RecordedCall): readonly object[] {
  const directions: readonly (keyof RecordedBodies)[] = ['before', 'request', 'response'];
  return directions.flatMap((direction) => {
    const body = bodies[direction];
    if (body === undefined) return [];
    const { contentType, text = '', cut } = body;
    return [
      {
        ...{ type: 'CommandBody', commandId: command.id, connection: command.connection },
        ...{ at: command.receivedAt, direction, contentType, bytes: text.length },
        ...{ sha256: sha256(text), encoding: 'utf8', content: text },
        ...(cut === undefined ? {} : { cut }),
      },
    ];
  });
}

/** The files of a bundle of these calls, as audit makes them. */
export const bundleFiles = (calls: readonly RecordedCall[]): Readonly<Record<string, string>> => ({
  'README.md': '# x\n',
  'commands/000001.ndjson': lines(calls.map(({ command }) => command)),
  'bodies/000001.ndjson': lines(calls.flatMap(bodyLines)),
});

/** A bundle with these files, and with a manifest of others when it is to be altered. */
export function packed(
  files: Readonly<Record<string, string | Uint8Array>>,
  listed: Readonly<Record<string, string | Uint8Array>> = files,
): Uint8Array {
  const manifest: BundleManifest = {
    ...{ format: BUNDLE_FORMAT, grantId, accessRequestId: requestId, connection: 'prod-eks' },
    ...{ environment: 'production', madeAt: '2026-01-05T10:00:00.000Z', madeFor: 'bob' },
    files: Object.entries(listed).map(([name, content]) => ({
      ...{ name, bytes: Buffer.from(content).length, sha256: sha256(content) },
    })),
    ...{ calls: 1, missing: [] },
  };
  return gzipSync(
    Buffer.concat([
      ...Object.entries(files).map(([name, content]) =>
        tarEntry({ name, bytes: Buffer.from(content) }),
      ),
      tarEntry({ name: 'manifest.json', bytes: Buffer.from(JSON.stringify(manifest)) }),
      tarEnd(),
    ]),
  );
}
