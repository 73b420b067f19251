import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { parseCoreList } from './core-plan.js';

/** What the numbers were measured on. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly threadsPerCore: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** One-minute load average when the run began: above 0.5 somebody else was at work. */
  readonly loadBefore: number;
}

export function machineFacts(): MachineFacts {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    threadsPerCore: threadsPerCore(),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    loadBefore: Number(read('/proc/loadavg').split(' ')[0]),
  };
}

export function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read('/proc/self/status'))?.[1];
  return list === undefined ? [] : parseCoreList(list);
}

function threadsPerCore(): number {
  const siblings = read('/sys/devices/system/cpu/cpu0/topology/thread_siblings_list');
  return siblings === '' ? 1 : parseCoreList(siblings).length;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
