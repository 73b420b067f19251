import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `include/net/tcp_states.h` of Linux. */
const states = [
  '',
  'established',
  'syn-sent',
  'syn-received',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'close',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
];

export interface KnownPorts {
  /** Port of a server that the process connects to: what it is called. */
  readonly remote: ReadonlyMap<number, string>;
  /** Port on which it listens itself. */
  readonly local: ReadonlyMap<number, string>;
}

/** How many descriptors a process has open, by kind; sockets by whom they are to and their state. */
export function openFiles(pid: number, ports: KnownPorts): Readonly<Record<string, number>> {
  const sockets = tcpSockets(pid, ports);
  const counts: Record<string, number> = {};
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    const target = linkOf(`/proc/${pid}/fd/${descriptor}`);
    if (target === undefined) continue;
    const kind = kindOf(target, sockets);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** It may be closed in the moment in which it is looked at. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function kindOf(target: string, sockets: ReadonlyMap<string, string>): string {
  const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
  if (inode !== undefined) return sockets.get(inode) ?? 'other socket';
  if (target.startsWith('anon_inode:')) return target.slice('anon_inode:'.length);
  return target.startsWith('pipe:') ? 'pipe' : 'file';
}

/** Lines are `sl local remote state … inode`, addresses `hex:hex`. */
function tcpSockets(pid: number, { remote, local }: KnownPorts): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const table of ['tcp', 'tcp6']) {
    const lines = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1);
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      const [here, there] = [portOf(fields[1]), portOf(fields[2])];
      const peer = remote.get(there) ?? local.get(here) ?? 'unknown';
      found.set(fields[9] ?? '', `${peer} ${states[parseInt(fields[3] ?? '0', 16)] ?? ''}`);
    }
  }
  return found;
}

const portOf = (address = ''): number => parseInt(address.split(':')[1] ?? '0', 16);
