import { randomUUID } from 'node:crypto';
import { startDemoS3, type DemoS3 } from '@drawbridge/embedded';
import { headers } from '@nats-io/transport-node';
import { linesOf, objectsIn } from './bucket-reader.js';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.js';
import { readCef } from './read-cef.js';
import { commandIdAt } from './sample-records.js';
import { startSyslogReceiver, type SyslogReceiver } from './syslog-receiver.js';
import { startSinkWorld, type SinkWorld } from './test-sinks.js';

/** A receiver that was in trouble is tried less and less often. */
export const patient = { timeoutMs: 100_000 };

export const id = () => commandIdAt(new Date().toISOString());
export const newName = () => `sink-${randomUUID().slice(0, 8)}`;
/** Of those that were told, these alone, in their order. */
export const only = (told: readonly unknown[], ids: readonly string[]) =>
  told.filter((one) => ids.includes(String(one)));

interface Parts {
  readonly world: SinkWorld;
  readonly otlp: OtlpReceiver;
  readonly syslog: SyslogReceiver;
  readonly s3: DemoS3;
}

/** Sinks, a receiver of each kind, and what each was told. */
export class SinkRig implements Parts {
  readonly world: SinkWorld;
  readonly otlp: OtlpReceiver;
  readonly syslog: SyslogReceiver;
  readonly s3: DemoS3;

  private constructor({ world, otlp, syslog, s3 }: Parts) {
    this.world = world;
    this.otlp = otlp;
    this.syslog = syslog;
    this.s3 = s3;
  }

  static async start(): Promise<SinkRig> {
    const [world, otlp, syslog, s3] = await Promise.all([
      startSinkWorld(),
      startOtlpReceiver(),
      startSyslogReceiver(),
      startDemoS3(),
    ]);
    await world.write('key-id', 'demo\n');
    await world.write('secret-key', 'demo-secret-access-key\n');
    return new SinkRig({ world, otlp, syslog, s3 });
  }

  async stop(): Promise<void> {
    await this.world.stop();
    await Promise.all([this.otlp.close(), this.syslog.close(), this.s3.close()]);
  }

  otlpTo(more: object = {}) {
    return { ...{ type: 'otlp', url: this.otlp.url, allowInsecureHttp: true }, ...more };
  }

  syslogTo(more: object = {}) {
    const { port } = this.syslog;
    return { ...{ type: 'syslog', host: '127.0.0.1', port, transport: 'tcp' }, ...more };
  }

  s3To(prefix: string, more: object = {}) {
    const { bucket, endpoint } = this.s3;
    return {
      ...{ type: 's3', bucket, endpoint, allowInsecureHttp: true },
      ...{ accessKeyIdFile: 'key-id', secretAccessKeyFile: 'secret-key' },
      ...{ prefix, intervalSeconds: 1 },
      ...more,
    };
  }

  /** Command ids in the order in which a receiver was told of them. */
  toldOtlp() {
    return this.otlp.logs.map(
      (log) => (JSON.parse(log.body.stringValue) as { commandId?: string }).commandId,
    );
  }

  toldSyslog() {
    return this.syslog.messages.map(({ message }) => readCef(message).extension['externalId']);
  }

  async toldS3(prefix: string) {
    const keys = (await objectsIn(this.s3)).filter((key) => key.startsWith(prefix)).toSorted();
    const lines = await Promise.all(keys.map((key) => linesOf(this.s3, key)));
    return { keys, lines: lines.flat() };
  }

  /** What is kept of a sink. */
  async keptOf(name: string): Promise<{ readonly value: unknown }> {
    const { streams } = this.world.connection.manager;
    const message = await streams.getMessage('KV_drawbridge_exports', {
      last_by_subj: `$KV.drawbridge_exports.${name}`,
    });
    return { value: message === null ? undefined : message.json() };
  }

  /** A message as the gateway sends it, of any lines. */
  async publishLines(...lines: readonly string[]): Promise<void> {
    const head = headers();
    head.set('Content-Type', 'application/x-ndjson');
    const subject = 'drawbridge.commands._batch.test';
    await this.world.connection.jetstream.publish(subject, `${lines.join('\n')}\n`, {
      headers: head,
    });
  }
}
