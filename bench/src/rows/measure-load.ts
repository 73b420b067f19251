import type { LoadFigures } from '../load/wrk.js';
import { cpuSeconds, forgetPeak, peakMemoryBytes } from '../machine/process-usage.js';
import type { Target } from '../peers/target.js';
import type { Sample } from './row.js';

/** Runs a load and adds what it cost the proxy: CPU per call of all its threads, peak of its memory. */
export async function measureLoad(
  target: Target,
  load: () => Promise<LoadFigures>,
): Promise<Sample> {
  const { pid, busPid } = target;
  if (pid !== undefined) forgetPeak(pid);
  const before = { proxy: cpuOf(pid), bus: cpuOf(busPid) };
  const figures = await load();
  const { requests, seconds, bytes, p50Ms, p99Ms } = figures;
  const perCall = (used: number) => (used / requests) * 1e6;
  return {
    perSecond: requests / seconds,
    p50Ms,
    p99Ms,
    megabytesPerSecond: bytes / seconds / 1e6,
    ...(pid !== undefined && {
      cpuUsPerCall: perCall(cpuOf(pid) - before.proxy),
      peakMb: peakMemoryBytes(pid) / 1e6,
    }),
    ...(busPid !== undefined && { busCpuUsPerCall: perCall(cpuOf(busPid) - before.bus) }),
  };
}

const cpuOf = (pid: number | undefined): number => (pid === undefined ? 0 : cpuSeconds(pid));
