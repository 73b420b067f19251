import type { LoggerService } from '@nestjs/common';
import type { AccessEvent, Principal, TrustBundle } from '@drawbridge/contracts';
import {
  accessEventStore,
  followMembers,
  followTrustBundle,
  guardedBucket,
  lastActivity,
  RATES_BUCKET,
  storeInTime,
  useEventStore,
  type ClockWatch,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import { Members } from '@drawbridge/people';
import { RequestHistory } from './domain/request-history.js';
import { Places } from './facts/places.js';
import { RiskModel } from './facts/risk-model.js';
import { TicketStates } from './facts/ticket-states.js';
import { askGateways } from './nats/ask-gateways.js';
import { GrantClock } from './nats/grant-clock.js';
import { IdleClock } from './nats/idle-clock.js';
import { PeopleWatch } from './nats/people-watch.js';
import { StopsInForce } from './nats/stops-in-force.js';
import type { PoliciesInForce } from './policies-in-force.js';
import { PolicyCommands } from './policy-commands.js';

interface DecidingOn {
  readonly connection: JetStreamConnection;
  readonly watch: ClockWatch;
  readonly policies: PoliciesInForce;
  readonly logger: LoggerService;
  readonly clock: Clock;
}

/** What decides, and when it looks again by itself. */
export interface Deciding {
  readonly commands: PolicyCommands;
  readonly grantClock: GrantClock;
  readonly stops: StopsInForce;
  /** To be told when the people of the configuration have changed. */
  readonly peopleWatch: PeopleWatch;
  readonly membersAreCurrent: () => boolean;
  readonly riskModel: Pick<RiskModel, 'silent'>;
}

/** Starts what answers requests, and ends grants: by time, by a stop, by a change of the policies. */
export async function startDeciding(
  { connection, watch, policies, logger, clock }: DecidingOn,
  closers: Closers,
): Promise<Deciding> {
  const started: { grantClock?: GrantClock; peopleWatch?: PeopleWatch } = {};
  const recheck = () => started.grantClock?.recheck();
  const stops = new StopsInForce(connection, { logger, onStop: recheck });
  closers.add(() => stops.close());
  await stops.caughtUp;
  const members = new Members();
  const memberFollower = await followMembers(connection, (member) => {
    if (members.take(member)) started.peopleWatch?.changed(member);
  });
  closers.add(() => memberFollower.close());
  const disabledChanged = () => {
    recheck();
    started.peopleWatch?.peopleChanged();
  };
  const history = new RequestHistory();
  const riskModel = new RiskModel({ spec: () => policies.current().riskModel, clock, logger });
  const isDisabled = await followDisabled(connection, closers, disabledChanged);
  const commands = new PolicyCommands({
    store: storeInTime(accessEventStore(connection, 'policy'), watch, endsGrant),
    uses: useEventStore(connection, 'policy'),
    policies: () => policies.current(),
    isDisabled,
    members: members.of,
    history: (...asked) => (started.grantClock?.isCurrent ? history.of(...asked) : undefined),
    places: new Places(guardedBucket(connection, RATES_BUCKET), clock),
    askModel: (question) => riskModel.ask(question),
    ticketStates: new TicketStates({ sources: () => policies.ticketSources(), logger }),
    stops: () => stops.now(),
    names: askGateways(connection),
    clock,
    logger,
  });
  const lastUsed = lastActivity(connection);
  const idleClock = new IdleClock({ commands, lastUsed, clock, logger });
  closers.add(() => idleClock.close());
  const peopleWatch = new PeopleWatch({ commands, clock, logger });
  started.peopleWatch = peopleWatch;
  closers.add(() => peopleWatch.close());
  const grantClock = new GrantClock({
    ...{ connection, commands, clock, logger },
    isTooLate: (recorded) => stops.isOver(recorded) || isOutdated(recorded, policies, isDisabled),
    onEvent: (recorded) => {
      history.apply(recorded);
      idleClock.apply(recorded);
      peopleWatch.apply(recorded);
    },
    onCaughtUp: () => {
      idleClock.start();
      peopleWatch.start();
    },
  });
  started.grantClock = grantClock;
  closers.add(() => grantClock.close());
  const membersAreCurrent = () => memberFollower.isCurrent();
  return { commands, grantClock, stops, peopleWatch, membersAreCurrent, riskModel };
}

/** Whether this is a grant for somebody disabled, or of policies of before: when that changed it was not known yet. */
const isOutdated = (
  { event }: RecordedEvent<AccessEvent>,
  policies: Pick<PoliciesInForce, 'haveReplaced'>,
  isDisabled: (principal: Principal) => boolean,
): boolean =>
  event.type === 'GrantIssued' &&
  (isDisabled(event.data.grantee) || policies.haveReplaced(event.data.policy.version));

/** It is never too early for it; but that a grant was not used for long is told by the clock. */
const endsGrant = ({ type, data }: AccessEvent): boolean =>
  type === 'GrantRevoked' || (type === 'GrantEnded' && data.cause !== 'idle');

/** Without a trust bundle nobody is known to be disabled, and nobody's token is believed either. */
async function followDisabled(
  connection: JetStreamConnection,
  closers: Closers,
  onChange: () => void,
): Promise<(principal: Principal) => boolean> {
  let trust: TrustBundle | undefined;
  const follower = await followTrustBundle(connection, (bundle) => {
    const before = disabledIn(trust);
    trust = bundle;
    if (disabledIn(bundle) !== before) onChange();
  });
  closers.add(() => follower.close());
  return ({ issuer, subject }) =>
    trust?.issuers.some(
      (trusted) => trusted.issuer === issuer && trusted.disabledSubjects.includes(subject),
    ) ?? false;
}

const disabledIn = (trust: TrustBundle | undefined): string =>
  JSON.stringify(trust?.issuers.map(({ issuer, disabledSubjects }) => [issuer, disabledSubjects]));
