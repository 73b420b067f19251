import type { FileTransferRecord, SessionHeader } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import type { Channel, ChannelObserver } from '../channels/channel-observer.js';
import type { ChannelSession } from '../channels/channel-session.js';
import type { SessionWatch } from '../channels/session-watch.js';
import type { Tracked } from '../chain/track-live.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { execOf } from '../guard/call-under-guard.js';
import { ArchivedFiles } from './archived-files.js';
import { FramePace } from './frame-pace.js';
import { isPlainArchive } from './is-plain-archive.js';
import { PortFlows } from './port-flows.js';
import { PipedInput, RecordedChannels } from './recorded-channels.js';
import type { RecordingRules } from './recording-rules.js';
import { sessionHeader } from './session-header.js';
import { SessionRecording, type RecordingLog } from './session-recording.js';
import { TypedInput } from './typed-input.js';

export interface RecordSessionParts {
  readonly rules: Pick<RecordingRules, 'of'>;
  readonly log: RecordingLog;
  readonly clock: Clock;
}

interface RecordedParts {
  readonly tty: boolean;
  readonly watch: SessionWatch | undefined;
  readonly recording?: SessionRecording | undefined;
  readonly channels?: RecordedChannels | undefined;
  readonly flows?: PortFlows | undefined;
}

/** All that looks at what passes through a channel, and what comes of it when it is over. */
export class RecordedSession {
  constructor(private readonly parts: RecordedParts) {}

  /** The client has a terminal there. */
  get tty(): boolean {
    return this.parts.tty;
  }

  /** Told of what passes. */
  get observer(): ChannelObserver | undefined {
    const { channels, flows, watch } = this.parts;
    return channels ?? flows ?? watch;
  }

  /** Told of what the client is shown. */
  readonly shown = (channel: Channel, bytes: Uint8Array): void => {
    this.parts.watch?.shown(channel, bytes);
    this.parts.channels?.shown(channel, bytes);
  };

  /** Told of what of it is recorded: the same, but for what is not decided yet when it is shown. */
  readonly recorded = (channel: Channel, bytes: Uint8Array): void => {
    this.parts.channels?.recorded(channel, bytes);
  };

  /** From now on the session waits for its record and keeps its pace, and ends when there can be no record. */
  control(session: Pick<ChannelSession, 'hold' | 'release' | 'cut'>): void {
    const { recording, channels } = this.parts;
    if (recording === undefined) return;
    channels?.keepPace(new FramePace(session));
    recording.listen({
      onFull: () => session.hold('record'),
      onRoom: () => session.release('record'),
      onFailed: () => session.cut('record_unavailable'),
    });
  }

  /** A line of ours that the client was shown; who forwards a port is shown none. */
  told(line: string): void {
    const { recording, tty, flows } = this.parts;
    if (flows === undefined) recording?.bytes(tty ? 'o' : 'e', Buffer.from(line));
    else recording?.frame('m', line.trimEnd());
  }

  /** @returns how it ended, with what is known of it besides */
  end(outcome: CallOutcome): CallOutcome {
    const { recording, channels, flows } = this.parts;
    channels?.end();
    flows?.end();
    const known = this.#known();
    if (recording !== undefined) {
      for (const transfer of known.transfers ?? []) recording.frame('m', transferWords(transfer));
      endRecording(recording, outcome);
    }
    return { ...outcome, ...known };
  }

  #known(): Pick<CallOutcome, 'transfers' | 'archive' | 'typed' | 'flows'> {
    const { watch, channels, flows } = this.parts;
    const archive = channels?.archived;
    const { transfers = [], typed = [] } = watch ?? {};
    return {
      ...(transfers.length > 0 && { transfers }),
      ...(archive !== undefined && { archive }),
      ...(typed.length > 0 && { typed }),
      ...(flows !== undefined && { flows: flows.flows }),
    };
  }
}

function endRecording(recording: SessionRecording, { reason, exitCode }: CallOutcome): void {
  if (reason !== undefined) recording.frame('m', `drawbridge: ${reason}`);
  if (exitCode !== undefined) recording.frame('x', String(exitCode));
  recording.end();
}

/** Says what went through where the recording does not hold it. */
const transferWords = ({ direction, bytes, sha256 }: FileTransferRecord): string =>
  `${direction} of ${bytes} bytes, sha256 ${sha256 ?? ''}`;

/** Begins to record a channel that has been opened, as its connection wants it. */
export function recordSession(
  { rules, log, clock }: RecordSessionParts,
  call: Tracked,
  watch: SessionWatch | undefined,
): RecordedSession {
  const { commandId, connection, kube, channel } = call;
  const { sessions } = rules.of(connection);
  const header = sessionHeader(call);
  const isForward = channel?.handshake.kind === 'portForward';
  const recording =
    sessions === 'none'
      ? undefined
      : new SessionRecording({ log, commandId, connection, header, begunAt: clock() });
  if (isForward)
    return new RecordedSession({ tty: false, watch, recording, flows: new PortFlows(recording) });
  const { tty } = header;
  if (recording === undefined || kube.kind !== 'resource')
    return new RecordedSession({ tty, watch });
  const archive = archiveOf(call, recording, { header, watch });
  const isTaken = sessions === 'full' && archive === undefined;
  const input = isTaken ? inputOf(call, recording, header) : undefined;
  const channels = new RecordedChannels({ recording, input, archive, next: watch });
  return new RecordedSession({ tty, watch, recording, channels });
}

interface ArchiveParts {
  readonly header: SessionHeader;
  readonly watch: SessionWatch | undefined;
}

function archiveOf(
  { kube, mask: { masker } }: Tracked,
  recording: SessionRecording,
  { header, watch }: ArchiveParts,
): ArchivedFiles | undefined {
  if (header.tty || kube.kind !== 'resource' || !isPlainArchive(execOf(kube).argv))
    return undefined;
  const direction = watch?.transfers[0]?.direction ?? 'download';
  return new ArchivedFiles({ recording, direction, mask: (name) => masker.fileName(name) });
}

function inputOf(
  { mask: { masker } }: Tracked,
  recording: SessionRecording,
  { tty }: SessionHeader,
): TypedInput | PipedInput {
  return tty
    ? new TypedInput({ recording, masker: masker.text() })
    : new PipedInput(recording, masker.text());
}
