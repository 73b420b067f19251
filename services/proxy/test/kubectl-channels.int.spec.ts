import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { eventually, nativeTool } from '@drawbridge/testing';
import {
  startChannelsUnderTest,
  type AgentOptions,
  type ChannelAgent,
  type ChannelsUnderTest,
  type Running,
} from './channels/channels-under-test.js';

const LARGE = randomBytes(6 * 1024 * 1024);
/** The same ones each time: what is drawn by chance is, once in a while, what looks like a secret. */
const BINARY = createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16)).update(
  Buffer.alloc(2 * 1024 * 1024),
);
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** An older kubectl, where there is one. */
const older = '/usr/bin/kubectl';
const clients = ['pinned', ...(existsSync(older) ? [older] : [])];
const modes = clients.flatMap((kubectl) => [
  { kubectl, protocol: 'WebSocket', on: 'true' },
  { kubectl, protocol: 'SPDY', on: 'false' },
]);

let world: ChannelsUnderTest;
let pinned: string;
let scratch: string;
/** What listens in every pod. */
let inPod: Server;

beforeAll(async () => {
  pinned = await nativeTool('kubectl');
  scratch = await mkdtemp(join(tmpdir(), 'drawbridge-channels-'));
  world = await startChannelsUnderTest();
  const { kubelet } = world.cluster.controlPlane;
  inPod = createServer((request, response) => {
    if (request.method === 'GET') response.end(LARGE);
    else request.pipe(response);
  });
  await new Promise<void>((resolve) => inPod.listen(kubelet?.podPort ?? 0, '127.0.0.1', resolve));
});
beforeEach(({ skip }) => {
  // Its containers run commands of this machine.
  skip(world.cluster.controlPlane.kubelet === undefined, 'needs the simulated node');
});
afterAll(async () => {
  inPod.close();
  inPod.closeAllConnections();
  await world.stop();
  await rm(scratch, { recursive: true, force: true });
});

interface Mode {
  readonly kubectl: string;
  readonly on: string;
}

function agentOf({ kubectl, on }: Mode, options: AgentOptions = {}): Promise<ChannelAgent> {
  return world.agent({
    kubectl: kubectl === 'pinned' ? pinned : kubectl,
    env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on, KUBECTL_PORT_FORWARD_WEBSOCKETS: on },
    ...options,
  });
}

const shell = (script: string, ...flags: string[]) => [
  'exec',
  ...flags,
  'web-0',
  '--',
  'sh',
  '-c',
  script,
];

/** Starts a port-forward and waits for its local port. */
async function forward(agent: ChannelAgent): Promise<Running & { readonly url: string }> {
  const running = agent.start(['port-forward', 'web-0', ':80']);
  const port = await eventually(() => {
    const found = /127\.0\.0\.1:(\d+) ->/.exec(running.out())?.[1];
    if (found === undefined) throw new Error(`no port: ${running.out()}${running.err()}`);
    return found;
  });
  return { ...running, url: `http://127.0.0.1:${port}` };
}

/** The last record of an ended command of this agent's grant that was switched to another protocol. */
const endOf = (agent: ChannelAgent) =>
  eventually(async () => {
    const record = (await world.gateway.records()).findLast(
      (candidate) =>
        candidate.type === 'CommandEnded' &&
        candidate.grantId === agent.grantId &&
        candidate.statusCode === 101,
    );
    if (record?.type !== 'CommandEnded') throw new Error('not ended yet');
    return record;
  });

describe.each(modes)('$kubectl kubectl over $protocol', ({ protocol, ...mode }) => {
  it('exec: both outputs, the exit code, and it on the record', async () => {
    const agent = await agentOf(mode);
    const ran = await agent.run(shell('echo out; echo err >&2; exit 3'));
    expect(ran).toMatchObject({
      code: 3,
      out: 'out\n',
      err: 'err\ncommand terminated with exit code 3\n',
    });
    expect(await endOf(agent)).toMatchObject({ outcome: 'completed', exitCode: 3 });
    const started = (await world.gateway.records()).findLast(
      (record) => record.type === 'CommandStarted' && record.grantId === agent.grantId,
    );
    expect(started).toMatchObject({
      method: protocol === 'SPDY' ? 'POST' : 'GET',
      verb: 'create',
      subresource: 'exec',
      name: 'web-0',
    });
  });

  it('exec -i: stdin until its end, output behind it', async () => {
    const agent = await agentOf(mode);
    const ran = await agent.run(shell('sha256sum; echo done', '-i'), { input: LARGE });
    expect(ran).toMatchObject({ code: 0, out: `${sha(LARGE)}  -\ndone\n`, err: '' });
    const ended = await endOf(agent);
    expect(ended.requestBytes).toBeGreaterThan(LARGE.length);
    expect(ended).toMatchObject({ outcome: 'completed', exitCode: 0 });
  });

  it('exec: much output at once, complete and in order', async () => {
    const agent = await agentOf(mode);
    const ran = await agent.run(shell('seq 1 400000'));
    const lines = ran.out.split('\n');
    expect(lines).toHaveLength(400_001);
    expect(lines.every((line, index) => index === 400_000 || line === String(index + 1))).toBe(
      true,
    );
  });

  it('exec -it: a terminal that follows the size of ours', async () => {
    const agent = await agentOf(mode);
    const kubectl = mode.kubectl === 'pinned' ? pinned : mode.kubectl;
    const seen = join(await mkdtemp(join(scratch, 'size-')), 'seen');
    // The size follows the start of the command, here as on any cluster.
    const until = (size: string) =>
      `until stty size | grep -q '${size}'; do sleep 0.1; done; stty size`;
    const inPod = `${until('30 100')}; touch ${seen}; ${until('40 120')}; exit 5`;
    const resize = `until [ -e ${seen} ]; do sleep 0.1; done; stty cols 120 rows 40 </dev/tty`;
    const inner = `${kubectl} exec -it web-0 -- sh -c "${inPod}"`;
    const script = `stty cols 100 rows 30; (${resize}) & ${inner}; echo code=$?`;
    const running = agent.start(shell(''), { program: ['script', '-qec', script, '/dev/null'] });
    const { out } = await running.ended;
    expect(out).toContain('30 100\r\n');
    expect(out).toContain('40 120\r\n');
    expect(out).toContain('code=5');
  });

  it('cp: both ways, byte for byte', async () => {
    const agent = await agentOf(mode);
    const directory = await mkdtemp(join(scratch, 'copied-'));
    await mkdir(join(directory, 'in-pod'));
    await writeFile(join(directory, 'there'), BINARY);
    const inPodPath = `web-0:${directory}/in-pod/file`;
    const there = await agent.run(['cp', `${directory}/there`, inPodPath]);
    expect(there.code, there.err).toBe(0);
    const back = await agent.run(['cp', inPodPath, `${directory}/back`]);
    expect(back.code, back.err).toBe(0);
    expect(sha(await readFile(join(directory, 'back')))).toBe(sha(BINARY));
  });

  it('T13 cp: a directory with secrets in it, under a name drawn by chance', async () => {
    const agent = await agentOf(mode);
    const directory = await mkdtemp(join(scratch, 'q8Zr2LmX0vTy7Kb4NwPs9Hd3Ge6-'));
    const inPodPath = join(directory, 'in-pod');
    await mkdir(inPodPath);
    const config = `user: app\npassword: swordfish\n${TOKEN}\nend\n`;
    await writeFile(join(inPodPath, 'config'), config);
    await writeFile(join(inPodPath, 'data'), BINARY);
    const back = await agent.run(['cp', `web-0:${inPodPath}`, `${directory}/back`]);
    expect(back.code, back.err).toBe(0);
    const masked = config.replace(/swordfish|ghp_\w+/g, (secret) => '*'.repeat(secret.length));
    expect(await readFile(join(directory, 'back', 'config'), 'utf8')).toBe(masked);
    expect(sha(await readFile(join(directory, 'back', 'data')))).toBe(sha(BINARY));
  });

  it('attach -i: to what the container runs', async () => {
    const agent = await agentOf(mode);
    const ran = await agent.run(['attach', '-i', 'web-0'], { input: 'echo attached\nexit\n' });
    expect(ran.out).toContain('attached');
    expect((await endOf(agent)).outcome).toBe('completed');
  });

  it('port-forward: many connections, large bodies both ways', async () => {
    const agent = await agentOf(mode);
    const { url, process: child, ended } = await forward(agent);
    const downloads = Array.from({ length: 12 }, async () => {
      const answer = await fetch(url);
      return sha(Buffer.from(await answer.arrayBuffer()));
    });
    const uploads = Array.from({ length: 6 }, async () => {
      const answer = await fetch(url, { method: 'POST', body: LARGE });
      return sha(Buffer.from(await answer.arrayBuffer()));
    });
    const sums = await Promise.all([...downloads, ...uploads]);
    expect(new Set(sums)).toStrictEqual(new Set([sha(LARGE)]));
    child.kill('SIGINT');
    await ended;
    const { outcome, responseBytes } = await endOf(agent);
    // Over SPDY kubectl may be gone before it has said so.
    expect(['completed', 'client_gone']).toContain(outcome);
    expect(responseBytes).toBeGreaterThan(18 * LARGE.length);
  });

  it('logs -f: lines as they come', async () => {
    const { kubelet } = world.cluster.controlPlane;
    if (kubelet === undefined) return;
    const agent = await agentOf(mode);
    const running = agent.start(['logs', '-f', 'web-0']);
    // Its own, and no number by chance: one in some hundred is what a card's number looks like.
    const line = `one more for ${mode.kubectl}, WebSockets ${mode.on}`;
    await eventually(() => expect(running.out()).toContain('listening on :8080'));
    await appendFile(kubelet.containerLog, `2026-01-01T00:00:01.000000000Z stdout F ${line}\n`);
    await eventually(() => expect(running.out()).toContain(line));
    running.process.kill('SIGINT');
    await running.ended;
  });

  it('debug: an ephemeral container, attached to', async () => {
    const agent = await agentOf(mode);
    const name = `debugger-${agent.subject}`;
    const args = ['debug', '-i', 'web-1', '--image=busybox', `--container=${name}`, '--', 'sh'];
    const ran = await agent.run(args, { input: 'echo from the debugger\nexit\n' });
    expect(ran.out, ran.err).toContain('from the debugger');
  });

  it('run -i --rm: a pod of its own, attached to', async () => {
    const agent = await agentOf(mode);
    const args = ['run', '-i', '--rm', `once-${agent.subject}`, '--image=busybox', '--', 'sh'];
    const ran = await agent.run(args, { input: 'echo from the pod\nexit\n' });
    expect(ran.out, ran.err).toContain('from the pod');
    expect(ran.out).toContain('deleted');
  });

  it.each([
    ['run -it', (name: string) => `run -it --rm ${name} --image=busybox -- sh`],
    ['debug -it', (name: string) => `debug -it web-1 --image=busybox --container=${name} -- sh`],
  ])('%s: a terminal', async (_what, command) => {
    const agent = await agentOf(mode);
    const kubectl = mode.kubectl === 'pinned' ? pinned : mode.kubectl;
    const inner = `${kubectl} ${command(`tty-${agent.subject}`)}`;
    // What is typed is seen only when somebody reads it, so it is typed until there is an answer.
    const typed = 'test -t 0 && echo a terminal: $((40+2)); exit\n';
    const running = agent.start(shell(''), { program: ['script', '-qec', inner, '/dev/null'] });
    const typing = setInterval(() => running.process.stdin?.write(typed), 1_000);
    const { out } = await running.ended;
    clearInterval(typing);
    expect(out).toContain('a terminal: 42');
  });

  it('is refused alike with every protocol, and prints it once', async () => {
    const rules: Rule[] = [
      { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'] },
    ];
    const agent = await agentOf(mode, { rules });
    for (const args of [shell('true'), ['attach', 'web-0'], ['port-forward', 'web-0', ':80']]) {
      const ran = await agent.run(args);
      expect(ran.code).not.toBe(0);
      expect(ran.err.match(/drawbridge not_in_scope/g)).toHaveLength(1);
      expect(ran.err).toContain('drawbridge request --connection prod --rule verbs=create');
    }
  });

  it('prints what the cluster says instead of switching', async () => {
    const agent = await agentOf(mode);
    const ran = await agent.run(['exec', 'web-0', '-c', 'nosuch', '--', 'true']);
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/container.*nosuch/);
  });

  describe('T11 when its grant is revoked', () => {
    const revoked = 'drawbridge grant_revoked: your grant was revoked';

    // Told apart from an end of the command itself, a minute later, by what is printed.
    async function revoke({ requestId, grantId }: ChannelAgent): Promise<void> {
      await world.gateway.append(requestId, {
        type: 'GrantRevoked',
        data: { grantId, reason: 'test' },
      });
    }

    it('exec and attach print why', async () => {
      const agent = await agentOf(mode);
      const running = [
        agent.start(shell('echo up; sleep 60')),
        agent.start(shell('echo up; cat', '-i')),
        agent.start(shell('yes')),
        agent.start(['attach', 'web-0']),
      ];
      for (const { out } of running) {
        await eventually(() => expect(out()).not.toBe(''));
      }
      await revoke(agent);
      for (const { ended } of running) {
        const { code, err } = await ended;
        expect(code).toBe(1);
        expect(err).toContain(`error: ${revoked}`);
      }
    });

    it('port-forward prints why for an open connection, and ends', async () => {
      const agent = await agentOf(mode);
      const { url, ended } = await forward(agent);
      const answer = await fetch(url);
      await revoke(agent);
      await answer.arrayBuffer().catch(() => undefined);
      const { code, err } = await ended;
      expect(code).toBe(1);
      expect(err).toContain('lost connection to pod');
      expect(err).toContain(revoked);
    });
  });
});

describe.each([
  { protocol: 'WebSocket', on: 'true' },
  { protocol: 'SPDY', on: 'false' },
])('T11 over $protocol an exec ends and prints why', ({ on }) => {
  const begin = async (options: AgentOptions = {}) => {
    const agent = await agentOf({ kubectl: 'pinned', on }, options);
    return { ...agent, ...agent.start(shell('echo up; sleep 60')) };
  };
  const start = async () => {
    const running = await begin();
    await eventually(() => expect(running.out()).toBe('up\n'));
    return running;
  };
  /** What kubectl printed when this was over; with more time where kubectl is slower to begin. */
  const endOfShort = async (optionsFor: (seconds: number) => AgentOptions) => {
    for (const seconds of [4, 8, 16, 32]) {
      const ended = await (await begin(optionsFor(seconds))).ended;
      if (ended.out === 'up\n') return ended;
    }
    throw new Error('kubectl never began in time');
  };
  const trusted = () => world.gateway.issuer.trusted();

  it('with its grant, by the clock alone', async () => {
    const { code, err } = await endOfShort((seconds) => ({ seconds }));
    expect(code).toBe(1);
    expect(err).toBe('error: drawbridge grant_expired: your grant ended; ask for a new one\n');
  });

  it('with its token', async () => {
    const { err } = await endOfShort((tokenSeconds) => ({ tokenSeconds }));
    expect(err).toBe(
      'error: drawbridge token_expired: the token this was opened with has expired\n',
    );
  });

  it('with the identity of its agent, and that of nobody else', async () => {
    const [disabled, other] = [await start(), await start()];
    await world.gateway.publishTrust([{ ...trusted(), disabledSubjects: [disabled.subject] }]);
    const { err } = await disabled.ended;
    expect(err).toBe('error: drawbridge token_subject_disabled: your identity was disabled\n');
    expect(other.process.exitCode).toBeNull();
    other.process.kill('SIGKILL');
    await world.gateway.publishTrust();
  });

  it('with the trust in its issuer', async () => {
    const { ended } = await start();
    await world.gateway.publishTrust([]);
    const { err } = await ended;
    expect(err).toBe(
      'error: drawbridge token_issuer_unknown: the issuer of your token is no longer trusted\n',
    );
    await world.gateway.publishTrust();
  });

  it('with the gateway', async () => {
    const { ended } = await start();
    await world.gateway.proxy.close();
    const { err } = await ended;
    expect(err).toBe('error: drawbridge proxy_draining: the gateway is stopping; connect again\n');
    await world.gateway.startProxy();
  });
});
