import { once } from 'node:events';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { hostname as machine } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { SinkTargetOf } from '@drawbridge/contracts';
import { syslogFrame, syslogMessage } from '../domain/syslog-message.js';
import { fileText } from './secret-file.js';
import { SinkFailed, type ExportBatch, type Sink } from './sink.js';

const TIMEOUT_MS = 10_000;
/** A receiver that went away before our bytes arrived says so in this time: its end must not be taken for an answer to ours. */
const UNREAD_MS = 200;

/**
 * A receiver of RFC 5424 messages over TCP or TLS, each with its length before it.
 *
 * Syslog has no acknowledgement: what was written may wait in a buffer of either machine, and is lost with it. So each
 * batch has a connection of its own, which we end for our direction and wait for the receiver to close: it has then read
 * to the end. One that goes away before closes too early or resets the connection, and the batch is sent again.
 */
export class SyslogSink implements Sink {
  readonly limits = { maxRecords: 1_000, maxBytes: 1_048_576, lingerMs: 1_000 };
  readonly namesBatches = false;

  constructor(private readonly target: SinkTargetOf<'syslog'>) {}

  async deliver({ records }: ExportBatch): Promise<void> {
    const { facility, hostname = ownName(), confirmation } = this.target;
    const frames = records.map((record) =>
      syslogFrame(syslogMessage(record, { facility, hostname })),
    );
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const socket = await this.#connect();
    const stop = () => socket.destroy(new Error('the receiver did not answer in time'));
    deadline.addEventListener('abort', stop, { once: true });
    try {
      await sendAll(socket, Buffer.concat(frames), confirmation);
    } catch (cause) {
      throw new SinkFailed('sink_unavailable', 'the receiver did not take the messages', { cause });
    } finally {
      deadline.removeEventListener('abort', stop);
      socket.destroy();
    }
  }

  async #connect(): Promise<Socket> {
    const { host, port, transport } = this.target;
    if (transport === 'tcp') return connectPlain({ host, port });
    const {
      certificateAuthorityFile: ca,
      clientCertificateFile: cert,
      clientKeyFile: key,
    } = this.target;
    return connectTls({
      host,
      port,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca: await fileText(ca) }),
      ...(cert !== undefined && { cert: await fileText(cert) }),
      ...(key !== undefined && { key: await fileText(key) }),
    });
  }
}

/** Resolves when the other side has read to the end and closed, or only when all was sent. */
async function sendAll(
  socket: Socket,
  bytes: Buffer,
  confirmation: 'close' | 'none',
): Promise<void> {
  // What a receiver says is nothing to us, but its end is seen only when it is read.
  socket.resume();
  const ended = quiet(once(socket, 'end'));
  const failed = quiet(
    once(socket, 'error').then(([error]) => {
      throw error instanceof Error ? error : new Error('the connection failed');
    }),
  );
  const tooEarly = quiet(
    Promise.race([ended, once(socket, 'close')]).then(() => {
      throw new Error('the receiver closed the connection before all was sent');
    }),
  );
  const written = new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await Promise.race([written, failed, tooEarly]);
  if (confirmation === 'none') {
    await new Promise<void>((resolve) => socket.end(() => resolve()));
    return;
  }
  await Promise.race([wait(UNREAD_MS), failed, tooEarly]);
  socket.end();
  await Promise.race([ended, failed]);
}

/** A promise that may fail when nobody waits for it any more. */
function quiet<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Of the machine, as far as it may stand in a message. */
const ownName = (): string =>
  machine()
    .replace(/[^!-~]/g, '')
    .slice(0, 255) || '-';
