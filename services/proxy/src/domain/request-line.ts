import { accessAttributes } from './access-attributes.js';
import type { KubeRequest } from './kube-request.js';

/**
 * The command that asks for exactly this call, ready to paste: the narrowest request that would allow it.
 * Everything in it is quoted where a shell could read it otherwise.
 */
export function requestLine(connection: string, request: KubeRequest): string {
  return [
    'drawbridge request',
    `--connection ${connection}`,
    ...scope(request),
    '--duration 15m',
    '--reason "…"',
  ].join(' ');
}

function scope(request: KubeRequest): string[] {
  if (request.kind === 'nonResource') return ['--action view', '--namespace default'];
  const { verb, apiGroup, resource, subresource, namespace, name } = accessAttributes(request);
  const flag = (option: string, value: string) =>
    value === '' ? [] : [`--${option} ${quote(value)}`];
  return [
    ...flag('verb', verb),
    ...flag('api-group', apiGroup),
    ...flag('resource', subresource === '' ? resource : `${resource}/${subresource}`),
    ...flag('namespace', namespace === '' ? '*' : namespace),
    ...flag('name', name),
  ];
}

const quote = (value: string) =>
  /^[\w.:/-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
