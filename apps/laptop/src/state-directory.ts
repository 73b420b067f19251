import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@drawbridge/kernel';

/** `already_running`: another laptop composition uses this state directory. */
export class StateDirectoryError extends AppError<'already_running'> {}

/** A directory that one running composition owns, with 0700 and a pid file. */
export interface StateDirectory {
  readonly path: string;
  /** Makes (if missing) and returns a private directory inside. */
  directory(name: string): string;
  /** Writes a file that only this user can read and returns its path. */
  write(name: string, content: string): string;
  release(): void;
}

export interface StateDirectoryOptions {
  /** Throws away what an earlier run left. Default false. */
  readonly fresh?: boolean;
}

/**
 * Takes the directory for this process.
 *
 * @throws StateDirectoryError `already_running` when the process named by its pid file is alive
 */
export function takeStateDirectory(
  path: string,
  { fresh = false }: StateDirectoryOptions = {},
): StateDirectory {
  const pidFile = join(path, 'pid');
  refuseIfRunning(path, pidFile);
  if (fresh) rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(pidFile, String(process.pid), { mode: 0o600 });
  const directory = (name: string) => {
    const inside = join(path, name);
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    return inside;
  };
  return {
    path,
    directory,
    write(name, content) {
      const file = join(path, name);
      writeFileSync(file, content, { mode: 0o600 });
      return file;
    },
    release: () => rmSync(pidFile, { force: true }),
  };
}

function refuseIfRunning(path: string, pidFile: string): void {
  const pid = readPid(pidFile);
  if (pid === undefined || pid === process.pid || !isAlive(pid)) return;
  throw new StateDirectoryError(
    'already_running',
    `process ${pid} already runs from ${path}; stop it (Ctrl-C in its terminal), or set DRAWBRIDGE_STATE to another directory`,
  );
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
