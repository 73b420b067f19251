import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import type { BodyKeeping } from '../bodies/body-keeping.js';
import { requestBodyLine } from '../bodies/request-body-line.js';
import type { AgentLimits } from '../limits/agent-limits.js';
import { Tarpit } from '../limits/tarpit.js';
import { issueCertificate } from '../certificates/issue-certificate.js';
import type { ClientAuthority } from '../certificates/client-authority.js';
import { CallGuard } from '../guard/call-guard.js';
import { watchSession } from '../guard/watch-session.js';
import { findFacts } from '../guard/find-facts.js';
import type { GuardrailsInForce } from '../guard/guardrails-in-force.js';
import type { OpenGrants } from '../domain/open-grants.js';
import type { Holds } from '../hold/open-holds.js';
import { parkCall } from '../hold/park-call.js';
import type { GatewayHosts } from '../gateway-hosts.js';
import type { IdentityModes } from '../identity-modes/identity-modes.js';
import type { KubeConnections } from '../upstream/kube-connections.js';
import type { Maskers } from '../masking/maskers.js';
import { recordWords } from '../masking/record-words.js';
import { recordAnswer } from '../recording/record-answer.js';
import { recordSession } from '../recording/record-session.js';
import type { RecordingRules } from '../recording/recording-rules.js';
import type { RecordingLog } from '../recording/session-recording.js';
import { answerReviews } from '../reviews/answer-reviews.js';
import type { GrantFollower } from '../nats/follow-grants.js';
import type { LiveCalls } from '../streams/live-calls.js';
import { admit } from './admit.js';
import { answerRefusals, type RefusalLog } from './answer-refusals.js';
import { assumeIdentity } from './assume-identity.js';
import {
  authenticate,
  authenticateAgain,
  type Authenticated,
  type Verifier,
} from './authenticate.js';
import { authorizeAgain, authorizeCall, type Allowed, type LostGroups } from './authorize-call.js';
import { Chain } from './chain.js';
import { checkBody, checkPatch } from './check-body.js';
import { countUse, type Uses } from './count-use.js';
import type { Exchange, Handler } from './exchange.js';
import { findConnection } from './find-connection.js';
import { forward } from './forward.js';
import { guardCall, judgeAgain } from './guard-call.js';
import { holdCall } from './hold-call.js';
import { beginActivity, requireNoted, type Activity } from './note-activity.js';
import { keepBefore } from './keep-before.js';
import { keepBodies } from './keep-bodies.js';
import { negotiateChannel } from './negotiate-channel.js';
import { openChannel } from './open-channel.js';
import { parse } from './parse.js';
import { receive } from './receive.js';
import { recordCall, type Recorder } from './record-call.js';
import { checkReady, requireReady, type Readiness } from './require-ready.js';
import { trackLive, type Tracked } from './track-live.js';

export interface ChainParts {
  readonly hosts: Pick<GatewayHosts, 'has' | 'connectionOf'>;
  readonly readiness: Readiness;
  readonly verifier: Verifier;
  readonly connections: Pick<KubeConnections, 'get'>;
  readonly limits: AgentLimits;
  readonly authority: ClientAuthority | undefined;
  readonly grants: Pick<OpenGrants, 'of' | 'withId'>;
  readonly follower: Pick<GrantFollower, 'catchUp'>;
  readonly guardrails: Pick<GuardrailsInForce, 'rails' | 'connection'>;
  readonly holds: Holds;
  readonly uses: Uses & LostGroups;
  readonly activity: Activity;
  readonly live: LiveCalls;
  readonly maskers: Maskers;
  readonly identities: Pick<IdentityModes, 'assume'>;
  readonly recorder: Recorder & RefusalLog & RecordingLog;
  readonly recording: Pick<RecordingRules, 'of'>;
  readonly bodies: BodyKeeping;
  readonly clock: Clock;
  /** The later of our time and the one of NATS: what ends by it, ends at the earlier of both. */
  readonly latest: Clock;
  /** The earlier of both: by it a grant that was issued for later opens. */
  readonly earliest: Clock;
  readonly logger: LoggerService;
}

/**
 * The data path, in the order in which a call passes it. A step ends the call by throwing; what it throws is
 * answered and recorded by the first one.
 *
 * Why this order: syntax first, since it costs nothing and believes nobody; identity before the connection, so
 * that strangers learn no names; limits before all that is looked up for an agent, so that a flood of refusals is limited too; the
 * call is live before it waits for the cluster or is recorded, so that no end of a grant is missed in between; and nothing is changed
 * or shown that is not recorded. Guardrails are asked about what a grant allows, and behind them nothing changes the call.
 */
export function handlerChain(parts: ChainParts): Handler<Exchange> {
  const { recorder: log, logger, connections, maskers, clock } = parts;
  const isConnection = (name: string) => connections.get(name) !== undefined;
  const recheck = async (call: Authenticated) => {
    checkReady(parts.readiness);
    await authenticateAgain(parts.verifier, call);
  };
  const catchUp = async (call: Authenticated) => {
    await parts.follower.catchUp();
    await recheck(call);
  };
  const stillAllowed = async (call: Allowed) => {
    await recheck(call);
    authorizeAgain(parts, call);
  };
  const facts = findFacts(parts.identities);
  const guard = new CallGuard({ inForce: parts.guardrails, findFacts: facts, clock });
  const guarding = { guard, recheck: stillAllowed, connections };
  const holding = {
    ...parts.holds,
    identities: parts.identities,
    judgeAgain: judgeAgain(guarding),
    policyVersion: () => parts.guardrails.rails.version,
    recheck: stillAllowed,
  };
  const recording = { rules: parts.recording, log, clock };
  const plain = forward(recordAnswer(recording));
  const open = openChannel({
    logger,
    watch: (call) => watchSession({ inForce: parts.guardrails, clock }, call),
    record: (call, watch) => recordSession(recording, call, watch),
  });
  const words = recordWords((connection) => maskers.of(connection));
  return Chain.of(answerRefusals({ log, logger, isConnection, words, tarpit: new Tarpit() }))
    .then(issueCertificate(parts))
    .then(receive(parts.hosts))
    .then(parse())
    .then(requireReady(parts.readiness))
    .then(authenticate(parts.verifier))
    .then(admit({ limits: parts.limits, recheck }))
    .then(findConnection(parts.connections))
    .then(answerReviews(parts))
    .then(authorizeCall({ ...parts, lostGroups: parts.uses, catchUp }))
    .then(negotiateChannel(maskers))
    .then(checkPatch({ recheck: stillAllowed, connections }))
    .then(guardCall(guarding))
    .then(keepBodies({ ...parts, ...guarding, rules: parts.recording }))
    .then(checkBody())
    .then(beginActivity(parts.activity))
    .then(holdCall({ park: (call) => parkCall(holding, call), history: parts.holds.history }))
    .then(trackLive(parts.live))
    .then(assumeIdentity(parts.identities))
    .then(requireNoted(parts.activity))
    .then(countUse(parts.uses))
    .then(recordCall<Tracked>({ ...parts, requestBody: requestBodyLine }))
    .then(keepBefore(parts.recorder))
    .end((call) => (call.channel === undefined ? plain(call) : open(call.channel)(call)));
}
