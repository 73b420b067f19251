import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Reduces the manifests and the lockfile in the current directory to what one workspace needs in production.
 *
 *   node keep-production.mjs @drawbridge/identity && npm ci
 *
 * `npm ci --omit=dev --workspace` is not enough: npm counts every workspace as needed in production, and so
 * installs those that are only a dev dependency of the wanted one, the embedded stand-ins among them.
 */

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

const root = readJson('package.json');
const folders = new Map(
  globSync(root.workspaces.map((pattern) => `${pattern}/package.json`)).map((file) => [
    readJson(file).name,
    dirname(file),
  ]),
);

/** Names of a workspace and of all workspaces it depends on. */
function closureOf(name, found = new Set()) {
  const folder = folders.get(name);
  if (folder === undefined || found.has(name)) return found;
  found.add(name);
  const { dependencies = {} } = readJson(`${folder}/package.json`);
  for (const dependency of Object.keys(dependencies)) closureOf(dependency, found);
  return found;
}

const [, , wanted] = process.argv;
const needed = closureOf(wanted);
if (needed.size === 0) throw new Error(`no workspace is called "${wanted}"`);

const withoutDev = (manifest) => ({ ...manifest, devDependencies: undefined });
const workspaces = [...needed].map((name) => folders.get(name));
const dropped = [...folders].filter(([name]) => !needed.has(name));

writeJson('package.json', withoutDev({ ...root, workspaces, scripts: undefined }));
for (const folder of workspaces) {
  const file = `${folder}/package.json`;
  writeJson(file, withoutDev(readJson(file)));
}
for (const [, folder] of dropped) rmSync(folder, { recursive: true });

const isDropped = (path) =>
  dropped.some(
    ([name, folder]) =>
      path === folder || path.startsWith(`${folder}/`) || path === `node_modules/${name}`,
  );
const lock = readJson('package-lock.json');
const kept = Object.entries(lock.packages).filter(([path]) => !isDropped(path));
lock.packages = Object.fromEntries(
  kept.map(([path, entry]) => {
    if (path === '') return [path, withoutDev({ ...entry, workspaces })];
    return [path, workspaces.includes(path) ? withoutDev(entry) : entry];
  }),
);
writeJson('package-lock.json', lock);
