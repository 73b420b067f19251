import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const STOP_MS = 5_000;

/** Another living process has started a server on these files and still uses it. */
export class ServerInUse extends Error {
  constructor(readonly parent: number) {
    super(`process ${parent} runs a server on the same directory`);
    this.name = 'ServerInUse';
  }
}

/** Notes which server runs on the files and who started it, for {@link endLeftoverServer}. */
export async function noteServer(pidFile: string, pid: number): Promise<void> {
  await writeFile(pidFile, `${pid} ${process.pid}\n`, { mode: 0o600 });
}

/**
 * Ends a server that an earlier process started on the same files and did not live to stop: two servers on
 * one store would destroy it. Only a process that runs with exactly this configuration file is touched.
 *
 * @throws {@link ServerInUse} when that earlier process is alive
 */
export async function endLeftoverServer(pidFile: string, configFile: string): Promise<void> {
  const [pid = 0, parent = 0] = (await readFile(pidFile, 'utf8').catch(() => ''))
    .split(/\s/)
    .map(Number);
  if (Number.isSafeInteger(pid) && pid > 1 && (await runsWith(pid, configFile))) {
    // An orphan gets another parent.
    if ((await parentOf(pid)) === parent) throw new ServerInUse(parent);
    await end(pid, configFile);
  }
  await rm(pidFile, { force: true });
}

async function end(pid: number, configFile: string): Promise<void> {
  signal(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_MS;
  while (await runsWith(pid, configFile)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await delay(25);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}

/** A pid may have been given to another process since: believe it only with our file in its command line. */
async function runsWith(pid: number, configFile: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (commandLine !== undefined) return commandLine.split('\0').includes(configFile);
  return (await ps(pid, 'args=')).includes(configFile);
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined);
  const parent =
    status === undefined ? await ps(pid, 'ppid=') : /^PPid:\s*(\d+)/m.exec(status)?.[1];
  return Number(parent);
}

/** Where there is no /proc (macOS). */
function ps(pid: number, column: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', ['-p', String(pid), '-o', column], (_error, stdout) => resolve(stdout.trim()));
  });
}
