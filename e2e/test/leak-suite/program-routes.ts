import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshName } from './canary.js';
import { portForwardRoutes } from './port-forward-route.js';
import { NAMESPACE } from './planted-objects.js';
import type { Expected, Route, Seen, Side } from './route.js';
import { runFor, type Program } from './run-for.js';

interface KubectlRoute {
  readonly what: string;
  readonly args: readonly string[] | ((file: string) => readonly string[]);
  readonly expected?: Expected;
  readonly tells?: string;
  readonly stdin?: (file: string) => string;
  readonly env?: Readonly<Record<string, string>>;
  /** For commands that do not end. */
  readonly forMs?: number;
}

const kubectlOn = (side: Side, args: readonly string[]): Program => {
  const { kubectl, kubeconfig, rawKubeconfig, directory } = side;
  const file = args.includes('--raw') ? rawKubeconfig : kubeconfig;
  return {
    program: kubectl,
    args: ['--kubeconfig', file, '--namespace', NAMESPACE, ...args],
    env: { HOME: directory },
  };
};

const kubectlRoute = ({ what, args, expected = 'same', ...more }: KubectlRoute): Route => ({
  what: `kubectl: ${what}`,
  expected,
  ...(more.tells !== undefined && { tells: more.tells }),
  send: async (side, { file }) => {
    const program = kubectlOn(side, typeof args === 'function' ? args(file) : args);
    const stdin = more.stdin?.(file);
    return runFor({
      ...program,
      env: { ...program.env, ...more.env },
      ...(stdin !== undefined && { stdin }),
      ...(more.forMs !== undefined && { forMs: more.forMs }),
    });
  },
});

const reading: readonly KubectlRoute[] = [
  { what: 'get with every byte shown', args: ['get', 'secret', 'planted', '-v=9'] },
  { what: 'get -o yaml', args: ['get', 'secrets,configmaps,pods', '-o', 'yaml'] },
  {
    what: 'a template that decodes',
    args: [
      ...['get', 'secret', 'planted', '-o'],
      'go-template={{range $k, $v := .data}}{{$v | base64decode}}{{"\\n"}}{{end}}',
    ],
  },
  {
    what: 'get --raw',
    args: ['get', '--raw', `/api/v1/namespaces/${NAMESPACE}/secrets`],
  },
  { what: 'get --watch', args: ['get', 'secrets', '-o', 'json', '--watch'], forMs: 4_000 },
  { what: 'describe of everything', args: ['describe', 'all,secrets,configmaps,widgets'] },
  { what: 'describe of volumes', args: ['describe', 'pv,storageclass'] },
  { what: 'events', args: ['events'] },
  { what: 'events of a namespace', args: ['get', 'events', '-o', 'wide'] },
  { what: 'columns of its own', args: ['get', 'widgets'] },
  {
    what: 'what was applied last',
    args: ['apply', 'view-last-applied', 'secret', 'planted', '-o', 'yaml'],
  },
  { what: 'variables of a deployment', args: ['set', 'env', 'deployment/planted', '--list'] },
  {
    what: 'history of a rollout',
    args: ['rollout', 'history', 'deployment/planted', '--revision=1'],
  },
  { what: 'a dump of the cluster', args: ['cluster-info', 'dump', `--namespaces=${NAMESPACE}`] },
  {
    what: 'explain of a type of its own',
    args: ['explain', 'widgets'],
    tells: 'description in a schema',
  },
  {
    what: 'an annotation, dry',
    args: ['annotate', 'secret', 'planted', 'x=y', '--dry-run=server', '-o', 'yaml'],
  },
  { what: 'logs', args: ['logs', 'planted'] },
  { what: 'logs of several', args: ['logs', '-l', 'app=deployment', '--prefix', '--tail=-1'] },
  { what: 'logs that go on', args: ['logs', 'planted', '--follow'], forMs: 4_000 },
  { what: 'a token', args: ['create', 'token', 'planted'], expected: 'refused' },
];

const modes = [
  ['WebSocket', 'true'],
  ['SPDY', 'false'],
] as const;
const [bigger, pause] = ['yes x | head -c 200000', 'sleep 1'];

const channels: readonly KubectlRoute[] = modes.flatMap(([protocol, on]) => {
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on, KUBECTL_PORT_FORWARD_WEBSOCKETS: on };
  const exec = (...args: string[]) => ['exec', ...args];
  const sh = (script: (file: string) => string) => (file: string) =>
    exec('planted', '--', 'sh', '-c', script(file));
  const typed = (file: string) => `cat ${file}\n${pause}\nexit\n`;
  return [
    { what: `exec over ${protocol}`, env, args: (file) => exec('planted', '--', 'cat', file) },
    {
      what: `exec over ${protocol}, on the other output`,
      env,
      args: sh((file) => `cat ${file} >&2`),
    },
    {
      what: `exec over ${protocol}, byte by byte`,
      env,
      args: sh((file) => `dd if=${file} bs=1 status=none`),
    },
    {
      what: `exec over ${protocol}, behind a lot else`,
      env,
      args: sh((file) => `${bigger}; cat ${file}; ${bigger}`),
    },
    {
      what: `exec -i over ${protocol}`,
      env,
      args: exec('-i', 'planted', '--', 'sh'),
      stdin: typed,
    },
    {
      what: `attach -i over ${protocol}`,
      env,
      args: ['attach', '-i', 'planted'],
      stdin: typed,
      expected: 'either',
    },
    {
      what: `debug over ${protocol}`,
      env,
      args: [
        ...['debug', '-i', 'pod/planted', '--image=busybox'],
        ...[`--container=${freshName('look')}`, '--', 'sh'],
      ],
      stdin: typed,
      expected: 'either',
    },
  ] satisfies KubectlRoute[];
});

const copies: readonly Route[] = modes.map(([protocol, on]) => ({
  what: `kubectl: cp over ${protocol}`,
  expected: 'same',
  send: async (side, { file }): Promise<Seen> => {
    const to = join(side.directory, freshName('copy'));
    await mkdir(to);
    const program = kubectlOn(side, ['cp', `planted:${file}`, join(to, 'it')]);
    const env = { ...program.env, KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on };
    const { parts, ended } = await runFor({ ...program, env });
    const files = await Promise.all((await readdir(to)).map((name) => readFile(join(to, name))));
    return { parts: [...parts, ...files], ended };
  },
}));

/** Clients that do more than one call, and streams. */
export const programRoutes: readonly Route[] = [
  ...[...reading, ...channels].map(kubectlRoute),
  ...copies,
  ...portForwardRoutes,
];
