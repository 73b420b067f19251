import type { HeldCall } from '@drawbridge/contracts';

/** Subresources that open a way into something, whatever the verb says. */
const opening: Readonly<Record<string, string>> = {
  exec: 'run a command inside',
  attach: 'attach to',
  portforward: 'open a connection into',
  proxy: 'open a connection through',
};
/** What a change of a subresource does. */
const changing: Readonly<Record<string, string>> = {
  eviction: 'evict',
  token: 'get a token of',
  ephemeralcontainers: 'add a debug container to',
  approval: 'approve or deny',
  binding: 'bind',
  finalize: 'finalize',
};
const readVerbs = new Set(['get', 'list', 'watch']);
const byVerb: Readonly<Record<string, string>> = {
  update: 'replace',
  patch: 'change',
  deletecollection: 'delete ALL',
};

/** The call in plain words, for people: `delete namespaces "payments"`. Not escaped for any display. */
export function callWords(call: HeldCall): string {
  if (call.resource === '') return `${call.verb} ${call.path}`;
  const { resource, apiGroup, name } = call;
  return [
    actionWords(call),
    `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}`,
    ...(name === '' ? [] : [`"${name}"`]),
    ...whereWords(call),
    ...commandWords(call),
    ...(isDryRun(call) ? ['(a dry-run)'] : []),
  ].join(' ');
}

function actionWords({ verb, subresource }: HeldCall): string {
  const known = opening[subresource] ?? (readVerbs.has(verb) ? undefined : changing[subresource]);
  if (known !== undefined) return known;
  const words = byVerb[verb] ?? verb;
  return subresource === '' ? words : `${words} ${subresource} of`;
}

/** A namespace is not in itself. */
function whereWords({ namespace, resource }: HeldCall): string[] {
  if (resource === 'namespaces') return [];
  return [namespace === '' ? 'cluster-wide' : `in namespace ${namespace}`];
}

/** What exec runs, in the order of its arguments. */
function commandWords({ subresource, query }: HeldCall): string[] {
  if (subresource !== 'exec') return [];
  const argv = new URLSearchParams(query).getAll('command');
  return argv.length === 0 ? [] : [`: ${argv.map((word) => JSON.stringify(word)).join(' ')}`];
}

const isDryRun = ({ query }: HeldCall): boolean => new URLSearchParams(query).has('dryRun');
