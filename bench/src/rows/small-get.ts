import { wrk } from '../load/wrk.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { contest, interleave, type Row } from './row.js';

const CONNECTIONS = 64;

/** 2 kB over 64 kept connections, as fast as it goes. */
export const smallGet: Row = {
  name: 'small-get',
  title: `GET of 2 kB, ${CONNECTIONS} kept connections, closed loop`,
  run: async (session) => {
    const { targets, options, say } = session;
    const generator = session.generator('wrk');
    const load = { path: paths.pod, connections: CONNECTIONS, seconds: options.seconds };
    const contests = targets.map((target) =>
      contest(target, (each) => measureLoad(each, () => wrk(generator, each, load))),
    );
    return { samples: await interleave(contests, { rounds: options.rounds, say }), notes: [] };
  },
};
