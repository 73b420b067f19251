import type { Canaries } from './canary.js';
import { everythingByHttp1 } from './everything-of.js';
import { NAMESPACE } from './planted-objects.js';
import { runFor } from './run-for.js';
import type { Side } from './route.js';

const core = `/api/v1/namespaces/${NAMESPACE}`;
const json = 'application/json';

/**
 * What an agent says itself: it may know its own secrets, but nobody is to find them in what is kept.
 *
 * @returns how the calls ended
 */
export async function sayEverywhere(side: Side, canaries: Canaries): Promise<readonly string[]> {
  const { way, kubectl, kubeconfig, directory } = side;
  const call = async (path: string, more: object = {}) => {
    const { status } = await everythingByHttp1(way, { path, accept: json, ...more });
    return String(status);
  };
  const password = encodeURIComponent(canaries.token('query'));
  const kind = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'said' } };
  const stringData = { password: canaries.word('body of a secret') };
  const calls = [
    await call(`${core}/pods?labelSelector=${password}`),
    await call(`${core}/configmaps/${canaries.token('name').toLowerCase()}`),
    await call(`${core}/secrets?dryRun=All`, {
      ...{ method: 'POST', contentType: json, body: JSON.stringify({ ...kind, stringData }) },
    }),
    await call(`${core}/secrets`, {
      ...{
        method: 'POST',
        contentType: json,
        body: `{"password":"${canaries.word('broken body')}"`,
      },
    }),
    await call(core, { headers: { 'user-agent': `agent ${canaries.label('user agent')}` } }),
  ];
  const { ended } = await runFor({
    program: kubectl,
    args: [
      ...['--kubeconfig', kubeconfig, '--namespace', NAMESPACE, 'exec', 'planted', '--'],
      ...['echo', '--password', canaries.word('argument'), canaries.url('argument')],
    ],
    env: { HOME: directory },
  });
  return [...calls, ended];
}
