import type { Rule } from '@drawbridge/contracts';
import { CONNECTION } from '../drawbridge/drawbridge-peer.js';
import type { Target } from '../peers/target.js';
import type { BenchSession } from '../session.js';
import { LIST_ITEMS, paths, podName } from '../upstream/objects.js';
import { interleave, type Row } from './row.js';
import { closedContest } from './small-get.js';

/** As many as one rule may name. */
const NAMES_PER_RULE = 100;
const LOAD = { path: paths.list, connections: 4 };

/**
 * The same list for agents whose grants name objects: every byte of it passes the scanner. One may see all
 * objects, so nothing is taken out: as with masking, as much goes out as comes in.
 */
export const filteredList: Row = {
  name: 'filtered-list',
  title: 'list of 5 MB, 4 kept connections, whole and filtered by name',
  run: async (session) => {
    const whole = drawbridgeOf(session);
    const all = await agentFor(session, { subject: 'agent-all', names: LIST_ITEMS });
    const few = await agentFor(session, { subject: 'agent-few', names: NAMES_PER_RULE });
    const contests = [
      { ...closedContest(session, whole, LOAD), contender: 'drawbridge, whole' },
      { ...closedContest(session, all, LOAD), contender: 'drawbridge, filtered' },
      { ...closedContest(session, few, LOAD), contender: `drawbridge, to ${NAMES_PER_RULE} names` },
    ];
    return { samples: await interleave(contests, session.pace), notes: [] };
  },
};

export function drawbridgeOf({ targets }: BenchSession): Target {
  const found = targets.find(({ name }) => name === 'drawbridge');
  if (found === undefined) throw new Error('drawbridge does not run');
  return found;
}

async function agentFor(
  session: BenchSession,
  { subject, names }: { readonly subject: string; readonly names: number },
): Promise<Target> {
  const rules = Array.from({ length: Math.ceil(names / NAMES_PER_RULE) }, (_, index) =>
    rule(index * NAMES_PER_RULE, Math.min(names, (index + 1) * NAMES_PER_RULE)),
  );
  await session.bus.grant(session.issuer, { subject, connection: CONNECTION, rules });
  const authorization = `Bearer ${session.issuer.token(subject)}`;
  return { ...drawbridgeOf(session), headers: { authorization } };
}

const rule = (from: number, to: number): Rule => ({
  verbs: ['get', 'list', 'watch'],
  apiGroups: [''],
  resources: ['pods'],
  namespaces: ['payments'],
  resourceNames: Array.from({ length: to - from }, (_, index) => podName(from + index)),
});
