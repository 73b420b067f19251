import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Attach, Cp, Exec, KubeConfig, PortForward, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startChannelsUnderTest, type ChannelsUnderTest } from './channels/channels-under-test.js';

const LARGE = randomBytes(3 * 1024 * 1024);
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
let world: ChannelsUnderTest;
let scratch: string;
/** Sends back what it gets. */
let echo: Server;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drawbridge-channels-'));
  world = await startChannelsUnderTest();
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const { kubelet } = world.cluster.controlPlane;
  await new Promise<void>((resolve) => echo.listen(kubelet?.podPort ?? 0, '127.0.0.1', resolve));
});
beforeEach(({ skip }) => {
  // Its containers run commands of this machine.
  skip(world.cluster.controlPlane.kubelet === undefined, 'needs the simulated node');
});
afterAll(async () => {
  echo.close();
  await world.stop();
  await rm(scratch, { recursive: true, force: true });
});

async function client() {
  const agent = await world.agent();
  const config = new KubeConfig();
  config.loadFromFile(agent.kubeconfig);
  return { ...agent, config };
}

/** A stream that keeps what is written to it. */
function collector() {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, bytes: () => Buffer.concat(chunks) };
}

describe('@kubernetes/client-node', () => {
  it('executes: input to its end, both outputs, exit code', async () => {
    const { config } = await client();
    const [out, err] = [collector(), collector()];
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec(
          'payments',
          'web-0',
          'app',
          ['sh', '-c', 'sha256sum; echo bad >&2; exit 4'],
          out.stream,
          err.stream,
          Readable.from([LARGE]),
          false,
          resolve,
        )
        .catch(reject);
    });
    expect(out.bytes().toString()).toBe(`${sha(LARGE)}  -\n`);
    expect(err.bytes().toString()).toBe('bad\n');
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect(status.details?.causes?.[0]).toMatchObject({ reason: 'ExitCode', message: '4' });
  });

  it('attaches', async () => {
    const { config } = await client();
    const out = collector();
    const input = new PassThrough();
    const attach = new Attach(config);
    await attach.attach('payments', 'web-0', 'app', out.stream, null, input, false);
    input.write('echo attached\n');
    await eventually(() => expect(out.bytes().toString()).toBe('attached\n'));
    input.end('exit\n');
  });

  it('forwards a port over numbered channels', async () => {
    const { config } = await client();
    const out = collector();
    const input = new PassThrough();
    const forward = new PortForward(config);
    await forward.portForward('payments', 'web-0', [80], out.stream, null, input);
    input.write(LARGE);
    await eventually(() => expect(out.bytes().length).toBe(LARGE.length), { timeoutMs: 60_000 });
    expect(sha(out.bytes())).toBe(sha(LARGE));
  });

  it('copies both ways', async () => {
    const { config } = await client();
    const directory = await mkdtemp(join(scratch, 'cp-'));
    for (const name of ['from', 'pod', 'back']) await mkdir(join(directory, name));
    await writeFile(join(directory, 'from', 'file'), LARGE);
    const cp = new Cp(config);
    const read = (name: string) => readFile(join(directory, name, 'file'));
    await cp.cpToPod('payments', 'web-0', 'app', join(directory, 'from'), join(directory, 'pod'));
    await eventually(async () => expect(sha(await read('pod'))).toBe(sha(LARGE)));
    const [pod, back] = [join(directory, 'pod'), join(directory, 'back')];
    await cp.cpFromPod('payments', 'web-0', 'app', 'file', back, pod);
    await eventually(async () => expect(sha(await read('back'))).toBe(sha(LARGE)));
  });

  it('T11 is told why it ends', async () => {
    const { config, requestId, grantId } = await client();
    const out = collector();
    const status = Promise.withResolvers<V1Status>();
    const exec = new Exec(config);
    const command = ['sh', '-c', 'echo up; sleep 60'];
    const ended = (told: V1Status) => status.resolve(told);
    const args = ['payments', 'web-0', 'app', command, out.stream, null, null, false] as const;
    await exec.exec(...args, ended);
    await eventually(() => expect(out.bytes().toString()).toBe('up\n'));
    const data = { grantId, reason: 'test' };
    await world.gateway.append(requestId, { type: 'GrantRevoked', data });
    expect(await status.promise).toMatchObject({
      status: 'Failure',
      reason: 'Forbidden',
      code: 403,
      message: 'drawbridge grant_revoked: your grant was revoked',
    });
  });
});
