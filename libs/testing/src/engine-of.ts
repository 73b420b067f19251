import { readFileSync } from 'node:fs';

/**
 * The process id of the embedded ClickHouse engine that a process has started, for tests that kill it; undefined when
 * there is none at the moment.
 */
export function engineOf(processId: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${processId}/task/${processId}/children`, 'utf8');
    return children
      .split(/\s+/)
      .filter((text) => text !== '')
      .map(Number)
      .find((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('engine-process'));
  } catch {
    // One of them ended meanwhile.
    return undefined;
  }
}
