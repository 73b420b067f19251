import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '@drawbridge/embedded';

/**
 * Arguments for `process.execPath` that run a TypeScript file of this repository in a process of its own, from
 * the sources: nothing has to be built first.
 */
export function sourceProgram(file: string): readonly string[] {
  const loader = join(repositoryRoot(), 'libs', 'testing', 'typescript-loader.mjs');
  return ['--conditions=@drawbridge/source', `--import=${pathToFileURL(loader).href}`, file];
}
