import { startNodeFloor } from '../peers/node-floor.js';
import { paths } from '../upstream/objects.js';
import { interleave, type Row } from './row.js';
import { closedContest } from './small-get.js';

const LOAD = { path: paths.pod, connections: 64 };

/** What of a call's cost is Node's own, what that of bodies on the record, and what is left for the rest. */
export const floor: Row = {
  name: 'floor',
  title: 'GET of 2 kB, 64 kept connections, beside Node that checks nothing',
  run: async (session) => {
    const node = await startNodeFloor(session.setting);
    const withoutBodies = await session.startDrawbridge('without-bodies', { bodies: 'none' });
    try {
      const measured = session.targets.filter(
        ({ name }) => name !== 'direct' && name !== 'haproxy',
      );
      const contests = [...measured, node.target].map((each) => closedContest(session, each, LOAD));
      contests.push({
        ...closedContest(session, withoutBodies.target, LOAD),
        contender: 'drawbridge, without bodies',
      });
      return { samples: await interleave(contests, session.pace), notes: [] };
    } finally {
      await withoutBodies.stop();
      await node.stop();
    }
  },
};
