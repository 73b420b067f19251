import { vegeta } from '../load/vegeta.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { interleave, type Row } from './row.js';

const WORKERS = 16;

/** Each `kubectl` command is one connection, and its handshake costs more than its call. */
export const newConnections: Row = {
  name: 'new-connections',
  title: `GET of 2 kB, a new TLS connection for each, ${WORKERS} at a time`,
  run: async (session) => {
    const contests = [true, false].flatMap((resume) => contestsOf(session, resume));
    const notes = ['kubectl proxy has no TLS in front and is left out'];
    return { samples: await interleave(contests, session.pace), notes };
  },
};

function contestsOf(session: BenchSession, resume: boolean) {
  const { directory, setting, options } = session;
  const generator = session.generator('vegeta');
  const load = {
    path: paths.pod,
    seconds: options.seconds,
    workers: WORKERS,
    resume,
    certificateAuthority: setting.upstreamCa,
    directory,
  };
  return session.targets
    .filter(({ origin }) => origin.startsWith('https:'))
    .map((target) => ({
      contender: `${target.name}, ${resume ? 'session resumed' : 'full handshake'}`,
      measure: () => measureLoad(target, () => vegeta(generator, target, load)),
    }));
}
