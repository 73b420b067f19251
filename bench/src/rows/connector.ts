import { connectorToken, startBenchConnector } from '../drawbridge/bench-connector.js';
import { paths } from '../upstream/objects.js';
import { interleave, type Row } from './row.js';
import { closedContest } from './small-get.js';

const LOADS = [
  { connections: 64, words: '64 kept connections' },
  { connections: 1, words: 'one kept connection' },
];

/** What the way through a connector costs, at load and for a call that is alone. */
export const connector: Row = {
  name: 'connector',
  title: 'GET of 2 kB, through a connector and straight to the upstream',
  run: async (session) => {
    const { setting, plan } = session;
    const { token, digest } = connectorToken();
    const straight = await session.startDrawbridge('straight');
    const through = await session.startDrawbridge('through', { connectorDigest: digest });
    const { origin } = through.target;
    const running = await startBenchConnector({ origin, token, setting, cores: plan.upstream });
    try {
      const contests = LOADS.flatMap(({ connections, words }) => {
        const load = { path: paths.pod, connections };
        return [
          {
            ...closedContest(session, straight.target, load),
            contender: `drawbridge, ${words}`,
          },
          {
            ...closedContest(session, through.target, load),
            contender: `drawbridge, ${words}, through a connector`,
          },
        ];
      });
      const notes = ['the connector shares the cores of the upstream; its own CPU is not counted'];
      return { samples: await interleave(contests, session.pace), notes };
    } finally {
      await running.stop();
      await through.stop();
      await straight.stop();
    }
  },
};
