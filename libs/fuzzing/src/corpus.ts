import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A sample that failed once. */
export interface KeptSample<Sample> {
  readonly path: string;
  readonly sample: Sample;
}

/** Whoever wrote them was the target itself, so they are what it takes. */
export function readCorpus<Sample>(directory: string): readonly KeptSample<Sample>[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => {
    const path = join(directory, name);
    return { path, sample: JSON.parse(readFileSync(path, 'utf8')) as Sample };
  });
}

/** @returns the file, named after what it holds */
export function keepFailure(directory: string, sample: unknown): string {
  const text = JSON.stringify(sample, undefined, 2);
  const name = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const path = join(directory, `${name}.json`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, `${text}\n`);
  return path;
}
