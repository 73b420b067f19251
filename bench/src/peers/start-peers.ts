import { startDrawbridgePeer } from '../drawbridge/drawbridge-peer.js';
import type { BenchBus } from '../drawbridge/bench-bus.js';
import type { Programs } from '../machine/find-programs.js';
import { direct } from './direct.js';
import { startHaproxyPeer } from './haproxy-peer.js';
import { startKubectlPeer } from './kubectl-peer.js';
import { startNginxPeer } from './nginx-peer.js';
import type { PeerSetting, RunningTarget, Target } from './target.js';

export interface Peers {
  /** In the order of the table. */
  readonly targets: readonly Target[];
  stop(): Promise<void>;
}

export interface PeersOptions {
  readonly programs: Programs;
  readonly bus: BenchBus;
  readonly token: string;
  /** On Drawbridge's record. */
  readonly bodies: 'all' | 'none';
}

const starters = {
  nginx: startNginxPeer,
  haproxy: startHaproxyPeer,
  kubectl: startKubectlPeer,
} as const;

/** Drawbridge and every other proxy that is on this machine, in front of one upstream. */
export async function startPeers(
  setting: PeerSetting,
  { programs, ...gateway }: PeersOptions,
): Promise<Peers> {
  const running: RunningTarget[] = [];
  const stop = async () => {
    for (const each of running.toReversed()) await each.stop();
  };
  try {
    for (const name of ['nginx', 'haproxy', 'kubectl'] as const) {
      const program = programs.found.get(name);
      if (program !== undefined) running.push(await starters[name](program.path, setting));
    }
    running.push(await startDrawbridgePeer({ ...gateway, setting, name: 'drawbridge' }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { targets: [direct(setting.upstreamPort), ...running.map(({ target }) => target)], stop };
}
