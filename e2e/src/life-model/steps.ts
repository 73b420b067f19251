import type {
  AccessEvent,
  AccessEventData,
  Principal,
  ServiceName,
  StopTarget,
} from '@drawbridge/contracts';
import type { Outcome } from './bus.js';
import { admin, agents, deciders, frank } from './people.js';
import { asks, calls, connections, narrowings, policySets } from './policies.js';
import { targetName } from './stops-oracle.js';
import type { Which, World } from './world.js';

export type Kind = keyof typeof acts;

/** What may happen next; the numbers choose to whom and with what. */
export interface Step {
  readonly kind: Kind;
  readonly which: number;
  readonly n: number;
  readonly m: number;
}

interface Choice {
  readonly which: Which;
  readonly n: number;
  readonly m: number;
}
type Act = (world: World, choice: Choice) => Promise<void> | void;

const pick = <One>(all: readonly One[], index: number): One => {
  const one = all[index % all.length];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
};

/** Ids of requests, the newest first. */
const requests = ({ bus }: World): string[] =>
  bus.access.log
    .filter(({ event }) => event.type === 'AccessRequested')
    .map(({ aggregateId }) => aggregateId)
    .toReversed();

type AboutRequest = (
  world: World,
  choice: Choice & { readonly id: string },
) => Promise<void> | void;

const about =
  (found: (world: World) => readonly string[], act: AboutRequest): Act =>
  (world, choice) => {
    const ids = found(world);
    const id = ids[choice.n % Math.max(ids.length, 1)];
    if (id !== undefined) return act(world, { ...choice, id });
  };
const aboutRequest = (act: AboutRequest): Act => about(requests, act);

/** Those that humans are asked about, and now and then any. */
const aboutWaiting = (act: AboutRequest): Act =>
  about((world) => {
    const waiting = requests(world).filter((id) => isWaiting(historyOf(world, id)));
    return waiting.length === 0 ? requests(world) : [...waiting, ...waiting, ...requests(world)];
  }, act);

const aboutGranted = (act: AboutRequest): Act =>
  about((world) => {
    const isGranted = (id: string) =>
      historyOf(world, id).some(({ type }) => type === 'GrantIssued');
    return [...requests(world).filter(isGranted), ...requests(world).slice(0, 1)];
  }, act);

const isWaiting = (history: readonly AccessEvent[]): boolean =>
  history.some(({ type }) => type === 'ApprovalRequested') &&
  !history.some(({ type }) => closings.has(type));

const historyOf = ({ bus }: World, id: string): readonly AccessEvent[] =>
  bus.access.log.filter(({ aggregateId }) => aggregateId === id).map(({ event }) => event);

/** What an honest client sends: what it was shown, of terms and of steps. */
function versionOf(world: World, id: string): number {
  return historyOf(world, id).filter(
    ({ type, data }) => type === 'ApprovalGiven' && data.narrow !== undefined,
  ).length;
}

const approversOf = (world: World, id: string): readonly Principal[] =>
  historyOf(world, id).flatMap(({ type, data }) =>
    type === 'ApprovalGiven' ? [data.approver] : [],
  );

const decisionOf = (id: string, approver: Principal, m: number) => ({
  requestId: id,
  approver,
  via: m % 3 === 0 ? ('slack' as const) : ('http' as const),
  causationId: 'click',
});

const approve = aboutWaiting((world, { id, which, n, m }) => {
  const shown = versionOf(world, id);
  const seen = n % 11 === 0 ? shown + 1 : shown;
  const narrow = m % 4 === 0 ? { narrow: pick(narrowings, n) } : {};
  const decision = { ...decisionOf(id, pick(deciders, m), n), seen, ...narrow };
  const replica = world.approval[which];
  world.begin('approval', which, () => replica.approvals.approve(decision));
});

const stopTarget = (n: number): StopTarget =>
  pick(
    [
      'all',
      ...connections.map((connection) => ({ connection })),
      ...agents.map((agent) => ({ agent: nameOf(agent) })),
    ],
    n,
  );

const aimedAt = ({ terms, grantee }: AccessEventData<'GrantIssued'>, n: number): StopTarget =>
  pick(['all', { connection: terms.connection }, { agent: nameOf(grantee) }], n);

const services: readonly ServiceName[] = ['policy', 'approval', 'proxy', 'identity'];
const outcomes: readonly Outcome[] = ['unheard', 'not_at_all'];

const raise = (world: World, { which, n, m }: Choice): void => {
  const newest = world.bus.access.log.findLast(({ event }) => event.type === 'GrantIssued');
  const isOfNewest = newest?.event.type === 'GrantIssued' && m % 4 > 1;
  const target = isOfNewest ? aimedAt(newest.event.data, n) : stopTarget(n);
  const stop = { target, reason: targetName(target), by: admin, via: 'http' as const };
  world.stop(which, {
    type: 'RaiseBridges',
    ...stop,
    keep: m % 3 !== 0,
    mayRaise: true,
    isAdmin: true,
  });
};

const release = (world: World, { which, n }: Choice): void => {
  const raised = world.bus.stops.log.flatMap(({ event }) =>
    event.type === 'BridgesRaised' ? [event.data] : [],
  );
  const target = raised.toReversed()[n % Math.max(raised.length, 1)]?.target ?? 'all';
  const stop = { target, reason: targetName(target), by: admin, via: 'http' as const };
  world.stop(which, { type: 'ReleaseBridges', ...stop, isAdmin: true });
};

const use = (world: World, { which, n, m }: Choice): void => {
  const issued = world.bus.access.log.flatMap(({ event }) =>
    event.type === 'GrantIssued' ? [event.data] : [],
  );
  const grant = issued.toReversed()[n % Math.max(issued.length, 1)];
  const agent = grant?.grantee ?? pick(agents, n);
  const connection = m % 13 === 0 ? pick(connections, n) : (grant?.terms.connection ?? 'lab');
  const groups = m % 7 === 0 ? [] : agent.groups;
  world.try(which, { agent: { ...agent, groups }, connection, ...pick(calls, m) });
};

/** Everything that can happen. */
const acts = {
  submit: (world, { which, n, m }) => {
    const request = { ...pick(asks, m), connection: pick(connections, n) };
    world.submit(which, { requester: pick(agents, m), request, digest: 'digest' });
  },
  withdraw: aboutGranted((world, { id, which, m }) => {
    world.withdraw(which, id, pick(agents, m));
  }),
  approve,
  deny: aboutWaiting((world, { id, which, m, n }) => {
    const decision = decisionOf(id, pick([...approversOf(world, id), pick(deciders, m)], n), n);
    world.begin('approval', which, () => world.approval[which].approvals.deny(decision));
  }),
  takeBack: aboutWaiting((world, { id, which, m, n }) => {
    const decision = decisionOf(id, pick([...approversOf(world, id), pick(deciders, m)], n), n);
    world.begin('approval', which, () => world.approval[which].approvals.takeBack(decision));
  }),
  revoke: aboutGranted((world, { id, which, m }) => {
    const by = pick([...deciders, admin], m);
    const order = { requestId: id, by, via: 'http' as const, reason: 'enough', causationId: 'x' };
    world.begin('approval', which, () => world.approval[which].revocations.revoke(order));
  }),
  raise,
  release,
  /** Raised and released before clocks can tell. */
  moment: async (world, choice) => {
    raise(world, choice);
    await world.bus.settle();
    release(world, { ...choice, n: 0 });
    await world.bus.settle();
    for (const gateway of world.gateway) {
      gateway.hearAccess(Infinity);
      gateway.hearStops(Infinity);
    }
    for (let m = 1; m < 6; m += 1) use(world, { ...choice, n: 0, m });
  },
  disableAgent: (world, { which, n, m }) => {
    const type = m % 2 === 0 ? 'DisableAgent' : 'EnableAgent';
    world.switchAgent(which, { type, agent: nameOf(pick(agents, n)), by: admin, reason: 'wild' });
  },
  disableHuman: (world, { n }) => {
    world.disableHuman(pick([...deciders, frank], n).email?.toLowerCase() ?? '');
  },
  changePolicy: (world, { which, n }) => {
    world.policy[which].change(pick(policySets, n));
  },
  forge: (world, choice) =>
    (choice.m % 4 === 0 ? about(requests, forge) : aboutWaiting(forge))(world, choice),
  use,
  tick: (world, { n, m }) => {
    world.bus.nowMs += m % 3 === 0 ? n * 3_000 : n * 50;
  },
  look: (world, { which, m }) => {
    if (m % 2 === 0) world.begin('approval', which, () => world.approval[which].look());
    else world.begin('policy', which, () => world.policy[which].look());
  },
  hear: (world, { which, n, m }) => {
    const most = m % 4 === 0 ? 1 + (n % 3) : Infinity;
    if (n % 2 === 0) world.gateway[which].hearAccess(most);
    if (n % 3 === 0) world.gateway[which].hearStops(most);
    if (n % 5 < 2) world.policy[which].hearAccess(most);
    if (n % 7 < 4) world.policy[which].hearStops(most);
    if (n % 5 > 1) world.approval[which].hearAccess(most);
  },
  deliver: (world, { which, n, m }) => {
    const { waiting } = world.bus;
    const [delivery] = waiting.splice(m % 3 === 0 ? n % Math.max(waiting.length, 1) : 0, 1);
    if (delivery !== undefined) world.deliver(which, delivery);
  },
  redeliver: (world, { which, n }) => {
    const delivery = world.bus.past[n % Math.max(world.bus.past.length, 1)];
    if (delivery !== undefined) world.deliver(which, delivery);
  },
  nag: aboutRequest((world, { id, which, n, m }) => {
    const { approvals } = world.approval[which];
    const { commands } = world.policy[which];
    const occasion = { requestId: id, causationId: 'nag' };
    const early = [
      () => commands.expire(occasion),
      () => approvals.nudge(id, { type: 'Escalate', step: 'on-call' }),
      () => commands.issue(occasion),
      () => approvals.react('LapseRequest', id, id),
      () => commands.endUnasked(occasion),
      () => approvals.react('CompleteApproval', id, id),
      () => commands.recheck(occasion),
      () => approvals.react('RejectRequest', id, id),
      () => commands.judge(occasion),
      () => approvals.nudge(id, { type: 'Remind', step: 'on-call' }),
      () => commands.takeBack(occasion),
      () => approvals.react('RequestApproval', id, id),
    ];
    const index = (n + m) % early.length;
    world.begin(index % 2 === 0 ? 'policy' : 'approval', which, pick(early, index));
  }),
  crash: (world, { which, n }) => {
    world.crash(pick(services, n), which);
  },
  pass: (world, { n, m }) => world.bus.pass(n, m % 12 === 0 ? pick(outcomes, n) : 'well'),
  settle: (world) => world.bus.settle(),
  /** Nothing is in the way for a moment. */
  flow: async (world, { which }) => {
    for (let left = 20; left > 0 && world.bus.waiting.length > 0; left -= 1) {
      const delivery = world.bus.waiting.shift();
      if (delivery !== undefined) world.deliver(which, delivery);
      await world.bus.settle();
    }
  },
} satisfies Record<string, Act>;

const nameOf = ({ issuer, subject }: Principal) => ({ issuer, subject });

/** What somebody with the credentials of approval would write past its rules. */
async function forge(world: World, { id, n, m }: Choice & { readonly id: string }): Promise<void> {
  const history = historyOf(world, id);
  const approver = pick(deciders, m);
  const given = { approver, via: 'http' as const, seen: versionOf(world, id), step: 'lead' };
  const more = n % 3 === 0 ? { narrow: pick(narrowings, m) } : {};
  const approved: AccessEvent = { type: 'AccessRequestApproved', data: { approvers: [approver] } };
  const forged: readonly AccessEvent[] = [
    approved,
    { type: 'ApprovalGiven', data: { ...given, ...more } },
    { type: 'ApprovalEscalated', data: { step: 'on-call', level: 0 } },
  ];
  const event = isWaiting(history) ? pick(forged, n) : approved;
  await world.bus.forge(id, event);
}

const closings = new Set([
  ...['AccessRequestApproved', 'AccessRequestRejected', 'AccessRequestLapsed'],
  ...['AccessRequestDenied', 'AccessRequestWithdrawn', 'GrantIssued'],
]);

/** Lets one step happen. */
export async function take(world: World, { kind, which, n, m }: Step): Promise<void> {
  await acts[kind](world, { which: which === 0 ? 0 : 1, n, m });
}

/** Of the grants that are open some are revoked, some withdrawn, and some go on. */
export function endSome(world: World): void {
  const granted = world.bus.access.log.filter(({ event }) => event.type === 'GrantIssued');
  const first = world.bus.journal.length;
  for (const [offset, { aggregateId: requestId, event }] of granted.entries()) {
    const index = first + offset;
    if (event.type !== 'GrantIssued' || index % 3 === 2) continue;
    const order = { requestId, by: admin, via: 'http' as const, reason: 'x', causationId: 'x' };
    if (index % 3 === 1) world.withdraw(0, requestId, event.data.grantee);
    else world.begin('approval', 1, () => world.approval[1].revocations.revoke(order));
  }
}

/** What is tried when all is over: by the agent, by humans, and past every rule. */
export async function tryLate(world: World): Promise<void> {
  for (const [index, id] of requests(world).entries()) {
    const [asked] = historyOf(world, id);
    if (asked?.type !== 'AccessRequested') continue;
    const which = index % 2 === 0 ? 0 : 1;
    if (index % 3 === 0) await forge(world, { id, which, n: 0, m: index });
    else world.withdraw(which, id, asked.data.requester);
    for (const n of [0, 1, 2]) await approve(world, { which, n, m: index });
  }
}
