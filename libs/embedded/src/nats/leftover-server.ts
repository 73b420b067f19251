import { readFile, rm } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const STOP_MS = 5_000;

/**
 * Ends a server that an earlier process started on the same files and did not live to stop: two servers on
 * one store would destroy it. Only a process that runs with exactly this configuration file is touched.
 */
export async function endLeftoverServer(pidFile: string, configFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (Number.isSafeInteger(pid) && pid > 1 && (await runsWith(pid, configFile))) {
    signal(pid, 'SIGTERM');
    const deadline = Date.now() + STOP_MS;
    while (await runsWith(pid, configFile)) {
      if (Date.now() > deadline) signal(pid, 'SIGKILL');
      await delay(25);
    }
  }
  await rm(pidFile, { force: true });
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
  return (await psArguments(pid)).includes(configFile);
}

/** Where there is no /proc (macOS). */
function psArguments(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', ['-p', String(pid), '-o', 'args='], (_error, stdout) => resolve(stdout));
  });
}
