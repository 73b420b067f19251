import { startNodeFloor } from '../peers/node-floor.js';
import { paths } from '../upstream/objects.js';
import { interleave, type Row } from './row.js';
import { closedContest } from './small-get.js';

const LOAD = { path: paths.pod, connections: 64 };

/** How much of the cost of a call is Node's own, and how much is left for all that the gateway does. */
export const floor: Row = {
  name: 'floor',
  title: 'GET of 2 kB, 64 kept connections, beside Node that checks nothing',
  run: async (session) => {
    const node = await startNodeFloor(session.setting);
    try {
      const measured = session.targets.filter(
        ({ name }) => name !== 'direct' && name !== 'haproxy',
      );
      const contests = [...measured, node.target].map((each) => closedContest(session, each, LOAD));
      return { samples: await interleave(contests, session.pace), notes: [] };
    } finally {
      await node.stop();
    }
  },
};
