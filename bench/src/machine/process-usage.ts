import { readFileSync, writeFileSync } from 'node:fs';

/** Linux counts CPU time in these; `getconf CLK_TCK` is 100 on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process, all its threads and all its living children have used so far. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + cpuSecondsOf(each), 0);
}

/** Highest resident memory of the process tree since the start or the last {@link forgetPeak}. */
export const peakMemoryBytes = (pid: number): number => memory(pid, 'VmHWM');

/** Resident memory of the process tree at the moment. */
export const memoryBytes = (pid: number): number => memory(pid, 'VmRSS');

/** Lets the peak begin anew. A kernel that does not allow it keeps the peak of the whole run. */
export function forgetPeak(pid: number): void {
  for (const each of processTree(pid)) {
    try {
      writeFileSync(`/proc/${each}/clear_refs`, '5');
    } catch {
      // The peak is then an upper bound.
    }
  }
}

function processTree(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const below = children === '' ? [] : children.split(/\s+/).map(Number);
  return [pid, ...below.flatMap(processTree)];
}

/** utime and stime are fields 14 and 15; the name in field 2 may hold spaces and parentheses. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function memory(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  return processTree(pid).reduce((sum, each) => {
    const status = readFileSync(`/proc/${each}/status`, 'utf8');
    const kilobytes = new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1];
    return sum + Number(kilobytes ?? 0) * 1024;
  }, 0);
}
