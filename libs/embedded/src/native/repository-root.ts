import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the checkout (or image) this file runs from: the folder that holds `nx.json`. */
export function repositoryRoot(): string {
  const start = import.meta.dirname;
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) return folder;
  }
  throw new Error(`no nx.json above ${start}: run from a checkout`);
}
