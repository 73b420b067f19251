import { fetchWhole } from '../load/fetch-whole.js';
import { HUGE_LIST_BYTES, paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { contest, interleave, skipped, type Row } from './row.js';

/** What passes must not be kept. On fresh processes, so that no earlier peak counts. */
export const hugeList: Row = {
  name: 'huge-list',
  title: 'list of 500 MB, one call: memory',
  run: async (session) => {
    if (!session.options.huge) return skipped('--quick does not write 500 MB to disk');
    const { upstreamPort, upstreamCa } = session.setting;
    const load = {
      path: paths.hugeList,
      atLeastBytes: HUGE_LIST_BYTES,
      certificateAuthorityFile: upstreamCa,
    };
    const peers = await session.startPeers(upstreamPort);
    try {
      const contests = peers.targets.map((target) =>
        contest(target, (each) => measureLoad(each, () => fetchWhole(each, load))),
      );
      return { samples: await interleave(contests, { ...session.pace, rounds: 1 }), notes: [] };
    } finally {
      await peers.stop();
    }
  },
};
