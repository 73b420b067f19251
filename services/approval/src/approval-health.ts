import type { ClockWatch, JetStreamConnection, JetStreamStrategy } from '@drawbridge/jetstream';
import type { BridgeParts } from './nats/start-bridges.js';
import type { HoldParts } from './nats/start-holds.js';
import type { RequestParts } from './nats/start-requests.js';
import type { SlackParts } from './slack/start-slack.js';

type Followers = Pick<
  RequestParts & HoldParts & BridgeParts,
  'follower' | 'holdFollower' | 'stopFollower'
>;

interface HealthParts extends Followers {
  readonly watch: ClockWatch;
  readonly connection: JetStreamConnection;
  readonly decisions: JetStreamStrategy;
}

/** Slack's health is not ours: without it decisions still come over HTTP. */
export const healthOf = ({
  connection,
  watch,
  follower,
  holdFollower,
  stopFollower,
  decisions,
}: HealthParts) => ({
  nats: () => connection.connected,
  clock: () => watch.isRight,
  requests: () => follower.isCurrent(),
  holds: () => holdFollower.isCurrent(),
  stops: () => stopFollower.isCurrent(),
  events: () => decisions.health().connected,
});

interface FiguredParts extends Pick<
  RequestParts & HoldParts,
  'waiting' | 'reviews' | 'waitingHolds'
> {
  readonly watch: ClockWatch;
}

/** How much waits: for humans, for us, for Slack, and for a person who looks at parked events. */
export function figuresOf(
  { waiting, reviews, waitingHolds, watch }: FiguredParts,
  decisions: JetStreamStrategy,
  slack: SlackParts | undefined,
): Readonly<Record<string, number>> {
  const events = decisions.health();
  const cards = (slack?.transports ?? []).map((transport) => transport.health());
  const pendingCards = cards.reduce((sum, { pending, inFlight }) => sum + pending + inFlight, 0);
  return {
    clockOffsetMs: watch.offsetMs,
    waitingRequests: waiting.size,
    waitingHolds: waitingHolds.open().length,
    openReviews: reviews.size,
    pendingEvents: events.pending + events.inFlight,
    // Both kinds of cards are parked under one name.
    parkedEvents: events.parked + (cards[0]?.parked ?? 0),
    ...(slack === undefined ? {} : { pendingCards, ...slack.figures() }),
  };
}
