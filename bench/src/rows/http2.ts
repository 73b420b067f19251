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
      directory,
    };
    const contests = targets
      .filter((target) => target.http2)
      .map((target) => {
        // As for the closed loops over HTTP/1.1: the first round is for V8 to compile the chain.
        let seconds = Math.max(options.seconds, options.warmUpSeconds);
        return contest(target, (each) => {
          const now = { ...load, seconds };
          seconds = options.seconds;
          return measureLoad(each, () => h2load(generator, each, now));
        });
      });
    const notes = ['kubectl proxy has no HTTP/2 in front and is left out'];
    return { samples: await interleave(contests, session.pace), notes };
  },
};
