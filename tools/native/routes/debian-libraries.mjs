import { readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runCommand } from '../run-command.mjs';
import { findProgram, unpack } from './debian-unpack.mjs';

/**
 * Unpacks a package and every package it needs that this machine does not have: for a program that is
 * linked to libraries of its own, and whose installation would start a service. The tool itself becomes a
 * script that starts the program with these libraries.
 *
 * @param {import('../catalogue.mjs').Tool} tool
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} env
 */
export async function unpackWithLibraries({ name, debianPackage }, directory, env) {
  const unpacked = join(directory, 'root');
  for (const each of await missingPackages(String(debianPackage), env)) {
    await unpack(each, { directory, unpacked, env });
  }
  const program = relative(directory, await findProgram(unpacked, name));
  const libraries = (await libraryFolders(unpacked)).map((folder) => `$here/root/${folder}`);
  const lines = [
    '#!/bin/sh',
    'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)',
    `export LD_LIBRARY_PATH="${libraries.join(':')}"`,
    `exec "$here/${program}" "$@"`,
    '',
  ];
  await writeFile(join(directory, name), lines.join('\n'));
}

/**
 * What apt would install. It is only asked, so no root is needed.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 */
async function missingPackages(name, env) {
  const args = ['install', '--simulate', '-q', '--no-install-recommends', name];
  const plan = await runCommand('apt-get', args, { env: { ...env, LC_ALL: 'C' } });
  if (!plan.ok) throw new Error(`apt-get cannot plan ${name}: ${plan.failure}`);
  const planned = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, each]) => String(each));
  return new Set([...planned, name]);
}

/** @param {string} root */
async function libraryFolders(root) {
  const parents = ['usr/lib', 'lib'];
  const found = await Promise.all(
    parents.map(async (parent) => {
      const names = await readdir(join(root, parent)).catch(() => []);
      return names.filter((each) => each.includes('-linux-')).map((each) => `${parent}/${each}`);
    }),
  );
  return found.flat();
}
