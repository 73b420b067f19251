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
    ...(await writeSecrets(call, canaries)),
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

type Call = (path: string, more?: object) => Promise<string>;

const NOT_THERE = `${core}/secrets/said-by-nobody`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** In every form that a Secret can be written in; none of them changes anything. */
async function writeSecrets(call: Call, canaries: Canaries): Promise<readonly string[]> {
  const data = (place: string) => ({ data: { word: base64(canaries.word(place)) } });
  const kind = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'said' } };
  const patch = (type: string, body: unknown) =>
    call(NOT_THERE, {
      method: 'PATCH',
      contentType: `application/${type}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const apply = (body: string) =>
    call(`${core}/secrets/said?dryRun=All&fieldManager=said&force=true`, {
      ...{ method: 'PATCH', contentType: 'application/apply-patch+yaml', body },
    });
  const yaml = (place: string) =>
    `# ${canaries.word(`comment of ${place}`)}\napiVersion: v1\nkind: Secret\nmetadata: { name: said }\nstringData:\n  word: ${canaries.word(place)}\n`;
  return [
    await patch('merge-patch+json', data('merge patch')),
    await patch('strategic-merge-patch+json', data('strategic merge patch')),
    await patch('json-patch+json', [
      { op: 'add', path: '/data/word', value: base64(canaries.word('JSON patch')) },
      { op: 'replace', path: '/stringData', value: { word: canaries.word('JSON patch of more') } },
    ]),
    await patch('merge-patch+json', { Data: { word: base64(canaries.word('odd spelling')) } }),
    await patch('merge-patch+json', `{"data":{"word":"${base64(canaries.word('broken patch'))}"`),
    await apply(JSON.stringify({ ...kind, ...data('apply') })),
    await apply(yaml('apply as YAML')),
    await call(`${core}/secrets?dryRun=All`, {
      ...{ method: 'POST', contentType: 'application/yaml', body: yaml('YAML') },
    }),
    await call(NOT_THERE, {
      ...{ method: 'PUT', contentType: json },
      body: JSON.stringify({ ...kind, ...data('update') }),
    }),
    await call(`${core}/configmaps?dryRun=All`, {
      ...{ method: 'POST', contentType: json },
      body: JSON.stringify({
        ...kind,
        kind: 'ConfigMap',
        data: { password: canaries.word('map') },
      }),
    }),
  ];
}
