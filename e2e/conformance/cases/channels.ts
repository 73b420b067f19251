import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConformanceCase } from '../conformance-case.js';
import type { KubectlSession } from '../kubectl-session.js';
import { deployment } from '../manifests.js';

/** Both ways in which kubectl changes the protocol; releases before 1.30 use only the second. */
const protocols = [
  { protocol: 'WebSocket', on: 'true', since: '1.30' },
  { protocol: 'SPDY', on: 'false', since: '1.20' },
] as const;
type Mode = (typeof protocols)[number];
/** Tells kubectl which to use. */
const over = (on: string) => ({
  KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on,
  KUBECTL_PORT_FORWARD_WEBSOCKETS: on,
});

async function runningWeb(kube: KubectlSession): Promise<void> {
  await kube.apply(deployment());
  await kube.ok(['rollout', 'status', 'deployment/web']);
}

/** Typed into a shell, which then stays a moment: what it says in its last one kubectl may miss, directly too. */
const typed = (text: string) => `echo ${text}\nsleep 1\nexit\n`;

const large = 'all work and no play\n'.repeat(100_000);
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** exec, attach, port-forward and what is built on them; containers run their commands on this machine. */
export const channelCases: readonly ConformanceCase[] = protocols.flatMap((mode) => [
  ...execCases(mode),
  ...connectionCases(mode),
  ...compositeCases(mode),
]);

function execCases({ protocol, on, since }: Mode): ConformanceCase[] {
  const env = over(on);
  return [
    {
      name: `exec over ${protocol} gives both outputs and the exit code`,
      since,
      run: async (kube) => {
        await runningWeb(kube);
        const script = 'echo out; echo err >&2; exit 3';
        const ran = await kube.run(['exec', 'deploy/web', '--', 'sh', '-c', script], { env });
        assert.equal(ran.exitCode, 3);
        assert.equal(ran.stdout, 'out\n');
        assert.match(ran.stderr, /^err\ncommand terminated with exit code 3\n$/);
        const absent = await kube.fails(['exec', 'deploy/web', '--', '/no/such'], { env });
        assert.match(absent, /no such file or directory/);
        const container = ['exec', 'deploy/web', '-c', 'nope', '--', 'true'];
        assert.match(await kube.fails(container, { env }), /container.*nope/);
      },
    },
    {
      name: `exec -i over ${protocol} reads stdin to its end`,
      since,
      run: async (kube) => {
        await runningWeb(kube);
        const command = ['exec', '-i', 'deploy/web', '--', 'sha256sum'];
        assert.equal(await kube.ok(command, { stdin: large, env }), `${sha(large)}  -\n`);
        const lines = await kube.ok(['exec', 'deploy/web', '--', 'seq', '200000'], { env });
        assert.equal(
          sha(lines),
          sha(Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('')),
        );
      },
    },
    {
      name: `attach -i over ${protocol} speaks to what runs`,
      since,
      run: async (kube) => {
        await runningWeb(kube);
        const stdin = typed('attached');
        const ran = await kube.run(['attach', '-i', 'deploy/web'], { stdin, env });
        assert.match(ran.stdout, /^attached$/m, ran.stderr);
      },
    },
  ];
}

function connectionCases({ protocol, on, since }: Mode): ConformanceCase[] {
  const env = over(on);
  return [
    {
      name: `port-forward over ${protocol} carries connections`,
      since,
      run: async (kube) => {
        await runningWeb(kube);
        const forward = kube.start(['port-forward', 'deploy/web', ':8080'], { env });
        try {
          await forward.seen('127.0.0.1:');
          const port = /127\.0\.0\.1:(\d+) -> 8080/.exec(forward.stdout())?.[1] ?? '';
          const calls = Array.from({ length: 8 }, async (_, call) => {
            const body = `${call} ${large}`;
            const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body });
            assert.equal(sha(await answer.text()), sha(body));
          });
          await Promise.all(calls);
        } finally {
          await forward.stop();
        }
      },
    },
    {
      name: `cp over ${protocol} copies files and directories both ways`,
      since: '1.30',
      run: async (kube) => {
        await runningWeb(kube);
        const at = (...path: string[]) => join(kube.directory, ...path);
        for (const name of ['from', 'pod', 'back']) await mkdir(at(name));
        await kube.file('from/large', large);
        await kube.file('from/small', 'small');
        const pod = (await kube.ok(['get', 'pods', '-o', 'name'])).trim().replace('pod/', '');
        await kube.ok(['cp', at('from/large'), `${pod}:${at('pod/large')}`], { env });
        assert.equal(sha(await readFile(at('pod/large'), 'utf8')), sha(large));
        await kube.ok(['cp', `${pod}:${at('from')}`, at('back')], { env });
        assert.equal(await readFile(at('back/small'), 'utf8'), 'small');
        assert.equal(sha(await readFile(at('back/large'), 'utf8')), sha(large));
      },
    },
  ];
}

function compositeCases({ protocol, on, since }: Mode): ConformanceCase[] {
  const env = over(on);
  return [
    {
      name: `debug over ${protocol} adds a container and attaches to it`,
      since: '1.30',
      run: async (kube) => {
        await runningWeb(kube);
        const pod = (await kube.ok(['get', 'pods', '-o', 'name'])).trim();
        const args = ['debug', '-i', pod, '--image=busybox', '--container=look', '--', 'sh'];
        const ran = await kube.run(args, { stdin: typed('from the debugger'), env });
        assert.match(ran.stdout, /from the debugger/);
        const path = '.spec.ephemeralContainers[0].name';
        assert.equal(await kube.field(pod, path), 'look');
      },
    },
    {
      name: `run -i --rm over ${protocol} attaches and cleans up`,
      since,
      differs: 'what comes first, the attachment or the warning that it is slow',
      run: async (kube) => {
        const args = ['run', '-i', '--rm', 'once', '--image=busybox', '--', 'sh'];
        const ran = await kube.run(args, { stdin: typed('from the pod'), env });
        assert.match(ran.stdout, /from the pod/, ran.stderr);
        assert.match(ran.stdout, /pod "once" deleted/);
        assert.match(await kube.fails(['get', 'pod', 'once']), /NotFound/);
      },
    },
  ];
}
