import type { AuditCommand } from '@drawbridge/contracts';

/** What a call is in a few words: `patch deployments.apps checkout in payments`. Not escaped. */
export function callName(command: AuditCommand): string {
  const { resource, subresource, apiGroup, namespace, name, verb, method, path } = command;
  if (resource === '') return `${method} ${path}`;
  const type = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  const what = subresource === '' ? type : `${type}/${subresource}`;
  return [
    `${verb} ${what}`,
    ...(name === '' ? [] : [name]),
    ...(namespace === '' || resource === 'namespaces' ? [] : [`in ${namespace}`]),
  ].join(' ');
}
