import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { LoggerService } from '@nestjs/common';
import {
  agreedProtocol,
  switchHeaders,
  upstreamHandshake,
  type UpstreamHandshake,
} from '../channels/channel-handshake.js';
import { BrokenFrames } from '../channels/broken-frames.js';
import type { Sender } from '../channels/channel-observer.js';
import { ChannelSession } from '../channels/channel-session.js';
import type { SessionWatch } from '../channels/session-watch.js';
import { codecFor } from '../channels/codec-for.js';
import { ExitStatus } from '../channels/exit-status.js';
import { clientGone, type CallOutcome } from '../domain/call-outcome.js';
import { CallRefused } from '../domain/call-refused.js';
import { headerValue } from '../domain/request-head.js';
import { sendsArchive } from '../masking/sends-archive.js';
import type { RecordedSession } from '../recording/record-session.js';
import { cutWords, pauseWords, resumeWords } from '../streams/pause-words.js';
import type { Pausable } from '../streams/pause-switch.js';
import { refusedAnswer, upstreamFailure } from '../upstream/upstream-failure.js';
import type { UpgradeAnswer } from '../upstream/upstream.js';
import type { Handler } from './exchange.js';
import type { ChannelRequest } from './negotiate-channel.js';
import type { Tracked } from './track-live.js';

/** How long a cluster may take to answer a handshake; the apiserver asks the kubelet first. */
const HANDSHAKE_MS = 30_000;
/** When an idle peer is first asked whether it is still there. An idle session itself ends by nothing. */
const KEEP_ALIVE_MS = 30_000;
const MAX_USER_AGENT = 512;
/** How long a command may be silent before that is shown which may be the beginning of a secret. */
const FLUSH_MS = 500;
const FLUSH_TERMINAL_MS = 50;

export interface OpenChannelParts {
  readonly logger: LoggerService;
  /** Who looks at what the client sends, if anybody. */
  readonly watch: (call: Tracked) => SessionWatch | undefined;
  /** Begins to record what passes. */
  readonly record: (call: Tracked, watch: SessionWatch | undefined) => RecordedSession;
}

/** Opens exec, attach or port-forward: shakes hands with the cluster, then with the client, then passes bytes on. */
export const openChannel =
  (parts: OpenChannelParts) =>
  (channel: ChannelRequest): Handler<Tracked> =>
  async (call) => {
    const ours = upstreamHandshake(channel.handshake);
    const answer = await shakeHands(call, ours);
    if (answer === undefined) return clientGone;
    if (!answer.switched) return relayAnswer(call, answer);
    const { socket, rawHeaders, head } = answer;
    const protocol = agreedProtocol(channel.handshake, ours, rawHeaders);
    if (protocol === undefined) {
      socket.destroy();
      throw new CallRefused(
        'upstream_failed',
        `the cluster of ${call.connection} changed to a protocol that it was not asked for`,
      );
    }
    const watch = parts.watch(call);
    const recorded = parts.record(call, watch);
    const { logger } = parts;
    const session = sessionOf(call, { logger, recorded, channel, socket, protocol });
    const { upgrade, handshake } = channel;
    const named = { 'audit-id': call.commandId, ...switchHeaders(handshake, protocol) };
    const tell = (line: string) => {
      recorded.told(line);
      session.tell(line, recorded.tty);
    };
    if (watch !== undefined) watch.onWarning = tell;
    upgrade.switchProtocols(named);
    session.start(upgrade.head, head);
    recorded.control(session);
    call.pauseSwitch?.onOrder(pausable(session, tell, recorded.tty));
    call.cutSwitch.onCut((reason) => session.cut(reason));
    return recorded.end(await session.ended);
  };

/** @returns `undefined` when the client has left meanwhile */
async function shakeHands(
  call: Tracked,
  ours: UpstreamHandshake,
): Promise<UpgradeAnswer | undefined> {
  const { cutSwitch, answer, kube, request, commandId } = call;
  // No credential is made for a grant that has ended: see forward.ts.
  cutSwitch.throwIfCut();
  const abort = new AbortController();
  const end = () => abort.abort();
  cutSwitch.onCut(end);
  answer.on('close', end);
  const timer = setTimeout(end, HANDSHAKE_MS);
  const userAgent = headerValue(request.rawHeaders, 'user-agent') ?? '';
  const named = ['audit-id', commandId, 'user-agent', userAgent.slice(0, MAX_USER_AGENT)];
  const { method, target } = kube;
  const headers = [...named, ...ours.headers];
  try {
    const sent = { method, target, headers, body: null, longRunning: true };
    const prepared = await call.upstream.prepare(call.identity);
    const came = await prepared.upgrade(sent, abort.signal);
    if (abort.signal.aborted && came.switched) came.socket.destroy();
    cutSwitch.throwIfCut();
    if (answer.destroyed) return undefined;
    if (abort.signal.aborted) throw timedOut(call);
    return came;
  } catch (error) {
    cutSwitch.throwIfCut();
    if (answer.destroyed) return undefined;
    throw abort.signal.aborted ? timedOut(call) : upstreamFailure(error, call.connection);
  } finally {
    clearTimeout(timer);
  }
}

const timedOut = ({ connection }: Tracked) =>
  new CallRefused('upstream_timeout', `the cluster of ${connection} did not answer in time`);

/** The cluster did not switch: what it says instead is passed on, and both connections end with it. */
function relayAnswer(call: Tracked, came: UpgradeAnswer & { switched: false }): CallOutcome {
  const { statusCode, rawHeaders, body } = came;
  const refused = refusedAnswer(statusCode, call.connection);
  if (refused !== undefined) throw refused;
  if (statusCode < 400) {
    throw new CallRefused(
      'upstream_failed',
      `the cluster of ${call.connection} answered a call to exec, attach or forward with ${statusCode}`,
    );
  }
  const text = maskedText(body, call);
  const headers = {
    'audit-id': call.commandId,
    'content-type': headerValue(rawHeaders, 'content-type') ?? 'text/plain',
    'content-length': text.length,
    'x-content-type-options': 'nosniff',
  };
  call.answer.writeHead(statusCode, headers, true);
  call.answer.end(text);
  return { outcome: 'completed', statusCode, requestBytes: 0, responseBytes: text.length };
}

/** A `Status`, or what stands in its place, cut off where it was too long: masked as a text. */
const maskedText = (body: Buffer, { mask }: Tracked): Buffer =>
  Buffer.from(mask.masker.line(body.toString('utf8')));

/** Holds both sides for as long as a human wants, and says so to whoever sits there. */
function pausable(session: ChannelSession, tell: (line: string) => void, tty: boolean): Pausable {
  const shown = (line: string) => tell(tty ? `\r\n${line}\r\n` : `${line}\n`);
  return {
    pause: (order) => {
      shown(pauseWords(order));
      session.hold('human');
    },
    resume: (order) => {
      session.release('human');
      shown(resumeWords(order));
    },
    cutting: (order) => shown(cutWords(order)),
  };
}

interface SwitchedChannel {
  readonly logger: LoggerService;
  readonly recorded: RecordedSession;
  readonly channel: ChannelRequest;
  readonly socket: Duplex;
  readonly protocol: string;
}

function sessionOf(call: Tracked, switched: SwitchedChannel): ChannelSession {
  const { channel, socket: cluster, protocol, logger, recorded } = switched;
  const { upgrade, handshake } = channel;
  const exit = new ExitStatus(recorded.observer);
  const { kube } = call;
  const isArchive = sendsArchive(kube);
  const { masker } = call.mask;
  const told = { shown: recorded.shown, recorded: recorded.recorded };
  const mask = { masker, flushMs: flushMsOf(kube.target), isArchive, ...told };
  const codec = codecFor({ handshake, protocol, observer: exit, mask });
  for (const socket of [upgrade.socket, cluster]) keepForLong(socket);
  const { commandId } = call;
  const onFault = (error: unknown, sender: Sender) => {
    const broken = error instanceof BrokenFrames;
    if (broken) logger.warn({ msg: 'broken frames', commandId, sender, why: error.message });
    else logger.error({ msg: 'a channel was not passed on', commandId, err: error });
  };
  return new ChannelSession({ client: upgrade.socket, cluster, codec, exit, commandId, onFault });
}

/** A terminal shows at once what somebody types; of all else a beginning tells nothing that cannot wait. */
const flushMsOf = (target: string): number =>
  /[?&]tty=(?:true|1)(?:&|$)/.test(target) ? FLUSH_TERMINAL_MS : FLUSH_MS;

/** Idle is no fault, but a peer that is gone is found by the operating system. */
function keepForLong(socket: Duplex): void {
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
}
