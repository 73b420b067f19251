import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditBodies, type AuditCommand } from '@drawbridge/contracts';

/** All of them would take minutes: each is asked for as an auditor would. */
const MOST_COMMANDS = 150;
const ASKERS = 3;
const BUSY = 429;
const reading = new Set(['get', 'list', 'watch']);

export interface BodyReader {
  readonly audit: string;
  readonly token: string;
}

/** The bodies of writes and of what was done with Secrets, as audit answers with them. */
export async function bodiesOf(
  { audit, token }: BodyReader,
  commands: readonly AuditCommand[],
): Promise<readonly Uint8Array[]> {
  const wanted = commands
    .filter(({ verb, resource }) => !reading.has(verb) || resource === 'secrets')
    .slice(0, MOST_COMMANDS)
    .map(({ id }) => `${audit}/v1/audit/commands/${id}/bodies`);
  const bodies: Uint8Array[] = [];
  const ask = async () => {
    for (let url = wanted.pop(); url !== undefined; url = wanted.pop()) {
      const { items } = AuditBodies.parse(JSON.parse((await get(url, token)).toString()));
      for (const { direction } of items) bodies.push(await get(`${url}/${direction}`, token));
    }
  };
  await Promise.all(Array.from({ length: ASKERS }, ask));
  return bodies;
}

async function get(url: string, token: string): Promise<Buffer> {
  for (;;) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (answer.ok) return bytes;
    if (answer.status !== BUSY)
      throw new Error(`audit answered ${answer.status}: ${bytes.toString()}`);
  }
}

/** Every file of an object store. */
export async function objectsIn(directory: string): Promise<readonly Uint8Array[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))));
}
