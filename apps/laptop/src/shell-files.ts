import { dirname } from 'node:path';
import { demoPeople, repositoryRoot } from '@drawbridge/embedded';
import type { StateDirectory } from './state-directory.js';
import type { Actor } from './story/actors.js';

export interface ShellFileOptions {
  readonly kubectl: string;
  /** Makes the actor of that name. */
  readonly actor: (name: string, secrets?: Readonly<Record<string, string>>) => Actor;
}

/** Variables that make a shell somebody's; the rest of the shell's environment stays. */
const SHARED = ['XDG_CONFIG_HOME', 'KUBECONFIG', 'DRAWBRIDGE_URL', 'DRAWBRIDGE_CLIENT_SECRET'];

/**
 * Writes for each agent and human a file that makes a terminal theirs when sourced.
 *
 * @returns its path by agent id, or by the human's first name in lower case
 */
export function writeShellFiles(
  state: StateDirectory,
  { kubectl, actor }: ShellFileOptions,
): Readonly<Record<string, string>> {
  state.directory('shells');
  const write = (name: string, { environment }: Actor): [string, string] => {
    const variables = SHARED.flatMap((key) => {
      const value = environment[key];
      return value === undefined ? [] : [`export ${key}=${shellWord(value)}`];
    });
    const path = [repositoryRoot(), dirname(kubectl)].map(shellWord).join(':');
    const content = [...variables, `export PATH=${path}:"$PATH"`, ''].join('\n');
    return [name, state.write(`shells/${name}.sh`, content)];
  };
  return Object.fromEntries([
    ...demoPeople.agents.map(({ id, secret }) =>
      write(id, actor(id, { DRAWBRIDGE_CLIENT_SECRET: secret })),
    ),
    ...demoPeople.humans.map(({ name }) => write(name.toLowerCase(), actor(name.toLowerCase()))),
  ]);
}

const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
