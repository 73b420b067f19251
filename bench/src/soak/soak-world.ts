import type { AgentTokens } from './agent-tokens.js';
import type { SoakBus } from './soak-bus.js';
import type { SoakCluster } from './soak-cluster.js';
import type { SoakGateway } from './soak-gateway.js';
import type { Tally } from './tally.js';

/** All that one soak runs on. */
export interface SoakWorld {
  readonly bus: SoakBus;
  readonly cluster: SoakCluster;
  readonly gateway: SoakGateway;
  readonly tokens: AgentTokens;
  readonly tally: Tally;
}
