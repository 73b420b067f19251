import type { LoggerService } from '@nestjs/common';
import type { Principal } from '@drawbridge/contracts';
import type { Router } from 'express';
import {
  ACCESS_STREAM,
  HOLDS_STREAM,
  type JetStreamConnection,
  type JetStreamStrategy,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { peopleOf, type People } from '@drawbridge/people';
import { readSecretFile, uuidV7 } from '@drawbridge/runtime';
import type { SlackSettings } from '../config.js';
import type { AccessApprovals } from '../nats/access-approvals.js';
import { eventTransport } from '../nats/event-transport.js';
import type { AgentHistory } from '../domain/agent-history.js';
import type { HoldStory } from '../domain/hold-story.js';
import type { RequestStory } from '../domain/request-story.js';
import type { OpenGrants } from '../nats/open-grants.js';
import type { Bridges } from '../nats/bridges.js';
import type { OpenReviews } from '../nats/open-reviews.js';
import type { Reviews } from '../nats/reviews.js';
import type { ExtensionOffers } from '../nats/extension-offers.js';
import type { Revocations } from '../nats/revocations.js';
import type { WaitingRequests } from '../nats/waiting-requests.js';
import type { HeldCommands } from '../nats/held-commands.js';
import type { StepUpLinks } from '../step-up/start-step-up.js';
import { BreakGlassBoard } from './break-glass-board.js';
import { askedOf, decidersOf, holdAskedOf, holdDecidersOf } from './card-audience.js';
import { CardBoard, type CardBoardOptions, type CardSubject, type Told } from './card-board.js';
import { CardMemory } from './card-memory.js';
import { CardThread } from './card-thread.js';
import { renderCard } from './card.js';
import { CARDS } from './cards.controller.js';
import { renderHoldCard } from './hold-card.js';
import { HOLD_CARDS } from './hold-cards.controller.js';
import { RoutingFollower } from './follow-routing.js';
import { askSession } from '../nats/ask-session.js';
import { Nudges } from './nudges.js';
import type { DeskParts } from './listen-to-desk.js';
import { SESSION_ENDS } from './session-ends.controller.js';
import { SessionEnds } from './session-ends.js';
import { SlackBridges } from './slack-bridges.js';
import { SlackReviews } from './slack-reviews.js';
import { SlackDesk } from './slack-desk.js';
import { startSlackFront } from './start-slack-front.js';
import { SlackHome } from './slack-home.js';
import type { KnownPeople } from './slack-human.js';
import { slackLogger } from './slack-logger.js';
import { slackPeople } from './slack-people.js';
import { SlackWorkspace } from './slack-workspace.js';
import { ThreadQuestions } from './thread-questions.js';

export interface SlackSurroundings {
  readonly connection: JetStreamConnection;
  readonly approvals: AccessApprovals;
  readonly history: AgentHistory;
  readonly waiting: WaitingRequests;
  readonly grants: OpenGrants;
  readonly revocations: Revocations;
  readonly bridges: Bridges;
  readonly reviews: OpenReviews;
  readonly reviewing: Reviews;
  readonly offers: ExtensionOffers;
  readonly holds: HeldCommands;
  readonly isDisabled: (human: Principal) => boolean;
  /** By the configuration in force. */
  readonly people: () => People | undefined;
  readonly stepUpLink: StepUpLinks;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
  readonly slackTimeoutMs: number;
}

/** The parts of the service that exist only with Slack. */
export interface SlackParts {
  readonly board: CardBoard<RequestStory>;
  readonly thread: CardThread<RequestStory>;
  readonly holdBoard: CardBoard<HoldStory>;
  readonly nudges: Nudges;
  readonly sessionEnds: SessionEnds;
  readonly breakGlass: BreakGlassBoard;
  /** To be mounted before any body is read; absent where nothing is taken over HTTP. */
  readonly receiver: Router | undefined;
  readonly figures: () => Readonly<Record<string, number>>;
  readonly transports: readonly JetStreamStrategy[];
  close(): Promise<void>;
}

/** Puts the Slack side together. It does not call Slack: that may be down, and start later. */
export async function startSlack(
  settings: SlackSettings,
  surroundings: SlackSurroundings,
): Promise<SlackParts> {
  const { connection, clock, logger, isDisabled, people, slackTimeoutMs } = surroundings;
  const { teamId } = settings;
  const workspace = new SlackWorkspace({
    ...settings,
    botToken: readSecretFile('SLACK_BOT_TOKEN_FILE', settings.botTokenFile),
    timeoutMs: slackTimeoutMs,
    clock,
    logger: slackLogger(logger),
  });
  const memory = await CardMemory.open(connection);
  const turn = {
    clock,
    instance: uuidV7(clock()),
    // Two calls and a write, with some room.
    holdMs: 2.5 * slackTimeoutMs,
  };
  const routing = new RoutingFollower(settings.configDirectory, logger);
  await routing.start();
  const places = { ...turn, workspace, memory, logger, routing: () => routing.current };
  const boards = boardsOf(settings, surroundings, places);
  const story = (requestId: string) => surroundings.approvals.story(requestId);
  const nudging = { thread: boards.thread, story, people, isDisabled, teamId, clock };
  const peopleNow = () => slackPeople(people() ?? nobody, clock().toISOString());
  const known = { workspace, people: peopleNow, isDisabled, teamId };
  const desk = deskOf(surroundings, { ...boards, known, memory });
  desk.home.start();
  const front = startSlackFront(settings, { ...surroundings, ...boards, known, desk });
  return {
    ...boards,
    nudges: new Nudges(nudging),
    sessionEnds: new SessionEnds({ ...nudging, numbers: askSession(connection, logger) }),
    breakGlass: new BreakGlassBoard({ ...nudging, places }),
    receiver: front.receiver,
    transports: transportsOf(surroundings),
    figures: front.figures,
    close: async () => {
      await front.close();
      await desk.home.close();
      await routing.close();
    },
  };
}

type Boards = Pick<SlackParts, 'board' | 'holdBoard' | 'thread'>;

function boardsOf(
  { channel, teamId }: SlackSettings,
  { approvals, history, holds, stepUpLink, people, isDisabled, clock }: SlackSurroundings,
  places: Omit<CardBoardOptions<Told>, keyof CardSubject<Told> | 'channel'>,
): Boards {
  const boardOf = <Story extends Told>(subject: CardSubject<Story>) =>
    new CardBoard<Story>({ ...subject, ...places, channel });
  const reachable = () => {
    const at = clock().toISOString();
    return { people: people() ?? nobody, teamId, isDisabled, at };
  };
  const board = boardOf({
    story: (requestId) => approvals.story(requestId),
    isAsked: ({ decideBy }) => decideBy !== undefined,
    render: (story) => renderCard(story, history.before(story), stepUpLink(story.id)),
    since: ({ validatedAt }) => validatedAt,
    routed: ({ terms, risk }) => ({ ...terms, risk: risk.level }),
    deciders: (story) => decidersOf(story, reachable()),
    asked: (story) => askedOf(story, reachable()),
  });
  return {
    board,
    thread: new CardThread({ ...places, board }),
    holdBoard: boardOf({
      story: (holdId) => holds.story(holdId),
      isAsked: () => true,
      render: renderHoldCard,
      since: ({ heldAt }) => heldAt,
      routed: ({ held: { call, environment } }) => ({ connection: call.connection, environment }),
      deciders: (story) => holdDecidersOf(story, reachable()),
      asked: (story) => holdAskedOf(story, reachable()),
    }),
  };
}

const nobody = peopleOf([], []);

interface DeskOf extends Boards {
  readonly known: KnownPeople & { readonly workspace: SlackWorkspace };
}

/** What Slack offers beside the cards: lists, orders, a home, questions in threads. */
function deskOf(
  surroundings: SlackSurroundings,
  { board, known, memory }: DeskOf & { readonly memory: CardMemory },
): DeskParts {
  const { clock, logger } = surroundings;
  const desk = new SlackDesk({ ...surroundings, ...known, memory });
  const overview = (user: string, most: number) => desk.overview({ user: { id: user } }, most);
  const { workspace } = known;
  return {
    desk,
    bridges: new SlackBridges({ ...surroundings, ...known }),
    workspace,
    home: new SlackHome({ overview, workspace, clock, logger }),
    questions: new ThreadQuestions({ ...surroundings, ...known, board }),
    reviews: new SlackReviews({ ...surroundings, ...known }),
  };
}

/** Slack takes about one message a second in a channel: more at once would only wait for each other. */
const CARDS_AT_ONCE = 16;

/** Durables of their own: while Slack is down its events wait, and decisions go on. */
function transportsOf({
  connection,
  logger,
  ackWaitMs,
}: SlackSurroundings): readonly JetStreamStrategy[] {
  const feed = { durable: 'approval-slack', logger, ackWaitMs, concurrency: CARDS_AT_ONCE };
  return [
    eventTransport(connection, { ...feed, stream: ACCESS_STREAM, transportId: CARDS }),
    eventTransport(connection, { ...feed, stream: HOLDS_STREAM, transportId: HOLD_CARDS }),
    eventTransport(connection, {
      ...feed,
      durable: 'approval-slack-ends',
      parkedAs: feed.durable,
      stream: ACCESS_STREAM,
      transportId: SESSION_ENDS,
    }),
  ];
}
