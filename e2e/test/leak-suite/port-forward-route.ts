import { spawn } from 'node:child_process';
import { NAMESPACE } from './planted-objects.js';
import type { Route, Seen, Side } from './route.js';

const LONGEST_MS = 8_000;

/** What a connection through it gets; the content of a forward is nobody's to read, so it is for the connection to refuse. */
const send =
  (on: string) =>
  async ({ kubectl, kubeconfig, directory }: Side): Promise<Seen> => {
    const child = spawn(
      kubectl,
      ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE, 'port-forward', 'pod/planted', ':80'],
      { env: { HOME: directory, KUBECTL_PORT_FORWARD_WEBSOCKETS: on } },
    );
    const parts: Buffer[] = [];
    const port = await new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), LONGEST_MS);
      const told = (chunk: Buffer) => {
        parts.push(chunk);
        const port = /127\.0\.0\.1:(\d+) ->/.exec(Buffer.concat(parts).toString())?.[1];
        if (port === undefined) return;
        clearTimeout(timer);
        resolve(port);
      };
      child.stdout.on('data', told);
      child.stderr.on('data', told);
      child.on('close', () => {
        clearTimeout(timer);
        resolve(undefined);
      });
    });
    const answer = port === undefined ? undefined : await answerOf(port);
    child.kill('SIGTERM');
    return {
      parts: [...parts, answer ?? Buffer.alloc(0)],
      ended: answer === undefined ? 'none' : 'answered',
    };
  };

async function answerOf(port: string): Promise<Buffer | undefined> {
  try {
    const signal = AbortSignal.timeout(LONGEST_MS);
    const answer = await fetch(`http://127.0.0.1:${port}/planted`, { signal });
    return Buffer.from(await answer.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** Over both protocols. */
export const portForwardRoutes: readonly Route[] = [
  { what: 'kubectl: port-forward over WebSocket', expected: 'refused', send: send('true') },
  { what: 'kubectl: port-forward over SPDY', expected: 'refused', send: send('false') },
];
