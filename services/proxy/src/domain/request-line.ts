import { accessAttributes } from './access-attributes.js';
import type { KubeRequest } from './kube-request.js';

/**
 * The command that asks for exactly this call, ready to paste but for the reason: the narrowest request that
 * would allow it. Quoted where a shell could read it otherwise.
 */
export function requestLine(connection: string, request: KubeRequest): string {
  const scope =
    request.kind === 'resource'
      ? `--rule ${quote(ruleFor(accessAttributes(request)))}`
      : '--action <name> --namespace <namespace>';
  return `drawbridge request --connection ${connection} ${scope} --duration 15m --reason "…"`;
}

function ruleFor(attributes: ReturnType<typeof accessAttributes>): string {
  const { verb, apiGroup, resource, subresource, namespace, name } = attributes;
  return [
    `verbs=${verb}`,
    ...(apiGroup === '' ? [] : [`apiGroups=${apiGroup}`]),
    `resources=${subresource === '' ? resource : `${resource}/${subresource}`}`,
    `namespaces=${namespace === '' ? '*' : namespace}`,
    ...(name === '' ? [] : [`names=${name}`]),
  ].join(',');
}

const quote = (value: string) =>
  /^[\w.:/,=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
