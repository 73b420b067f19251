import { h2load } from '../load/h2load.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { contest, interleave, type Row } from './row.js';

const [CONNECTIONS, STREAMS] = [8, 8];

/** What kubectl and client-go speak when they may. */
export const http2: Row = {
  name: 'http2',
  title: `GET of 2 kB over HTTP/2, ${CONNECTIONS} connections of ${STREAMS} streams, closed loop`,
  run: async (session) => {
    const { targets, directory, options } = session;
    const generator = session.generator('h2load');
    const load = {
      path: paths.pod,
      connections: CONNECTIONS,
      streams: STREAMS,
      seconds: options.seconds,
      directory,
    };
    const contests = targets
      .filter((target) => target.http2)
      .map((target) =>
        contest(target, (each) => measureLoad(each, () => h2load(generator, each, load))),
      );
    const notes = ['kubectl proxy has no HTTP/2 in front and is left out'];
    return { samples: await interleave(contests, session.pace), notes };
  },
};
