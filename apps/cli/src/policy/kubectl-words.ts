import type { DescribedCall } from '@drawbridge/guardrails';
import { builtinResource } from '@drawbridge/scope';
import { CliError } from '../cli-error.js';

const shortNames: Readonly<Partial<Record<string, string>>> = {
  ...{ cm: 'configmaps', crd: 'customresourcedefinitions', csr: 'certificatesigningrequests' },
  ...{ cj: 'cronjobs', deploy: 'deployments', ds: 'daemonsets', ep: 'endpoints', ev: 'events' },
  ...{ hpa: 'horizontalpodautoscalers', ing: 'ingresses', netpol: 'networkpolicies' },
  ...{ no: 'nodes', ns: 'namespaces', pdb: 'poddisruptionbudgets', po: 'pods' },
  ...{ pv: 'persistentvolumes', pvc: 'persistentvolumeclaims', rc: 'replicationcontrollers' },
  ...{ rs: 'replicasets', sa: 'serviceaccounts', sc: 'storageclasses', sts: 'statefulsets' },
  svc: 'services',
};
const verbs = new Set(
  'get list watch create update patch delete deletecollection proxy head post put'.split(' '),
);

/** kubectl's own commands, as the calls that they come down to. */
const commands: Readonly<Partial<Record<string, Partial<DescribedCall>>>> = {
  apply: { verb: 'patch', contentType: 'application/apply-patch+yaml', fieldManager: 'kubectl' },
  annotate: { verb: 'patch', contentType: 'application/merge-patch+json' },
  cordon: {
    verb: 'patch',
    resource: 'nodes',
    contentType: 'application/strategic-merge-patch+json',
  },
  uncordon: {
    verb: 'patch',
    resource: 'nodes',
    contentType: 'application/strategic-merge-patch+json',
  },
  edit: { verb: 'patch', contentType: 'application/strategic-merge-patch+json' },
  label: { verb: 'patch', contentType: 'application/merge-patch+json' },
  replace: { verb: 'update', contentType: 'application/json' },
  scale: { verb: 'patch', subresource: 'scale', contentType: 'application/merge-patch+json' },
  exec: { verb: 'create', resource: 'pods', subresource: 'exec' },
  attach: { verb: 'create', resource: 'pods', subresource: 'attach' },
  'port-forward': { verb: 'create', resource: 'pods', subresource: 'portforward' },
  logs: { verb: 'get', resource: 'pods', subresource: 'log' },
  evict: { verb: 'create', resource: 'pods', subresource: 'eviction' },
};

/**
 * The call that words as kubectl takes them mean: `delete ns payments`, `scale deploy/checkout`,
 * `patch deployments.apps/scale checkout`, `exec web-0 ls -l`, `get /metrics`.
 *
 * @throws CliError `usage_invalid`
 */
export function callOfWords([verb = '', ...words]: readonly string[]): DescribedCall {
  const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
  if (command !== undefined) return ofCommand(command, words);
  if (!verbs.has(verb)) {
    throw usage(`"${verb}" is neither a verb of Kubernetes nor a command that is known here`);
  }
  const [first = ''] = words;
  return first.startsWith('/') ? { verb, path: first } : { verb, ...ofResource(words) };
}

function ofCommand(command: Partial<DescribedCall>, words: readonly string[]): DescribedCall {
  if (command.resource !== undefined) return ofPod(command, words);
  return { ...command, ...ofResource(words, command.subresource) };
}

function ofPod(command: Partial<DescribedCall>, [target = '', ...argv]: readonly string[]) {
  const name = target.replace(/^(pods?|po|nodes?|no)\//, '');
  if (name === '') throw usage('expected a name');
  const isChannel = command.subresource === 'exec' || command.subresource === 'attach';
  if (command.subresource === 'exec' && argv.length === 0) throw usage('expected words to run');
  return { ...command, name, ...(isChannel && { exec: { argv: [...argv] } }) };
}

function ofResource([word = '', given, ...more]: readonly string[], subresource?: string) {
  if (word === '' || more.length > 0)
    throw usage('expected a verb, a resource, and a name or none');
  const [kind = '', second, third] = word.split('/');
  // `deploy/checkout` names an object; `deployments/scale checkout` a subresource.
  const [name, own = subresource] = given === undefined ? [second, third] : [given, second];
  return {
    ...resourceOf(kind),
    ...(own !== undefined && { subresource: own }),
    ...nameOf(name, kind),
  };
}

/** The path of a namespace names it in the place of the namespace, too. */
function nameOf(name: string | undefined, kind: string) {
  if (name === undefined) return {};
  return resourceOf(kind).resource === 'namespaces' ? { name, namespace: name } : { name };
}

/** `deploy`, `Deployment`, `deployments.apps`. */
function resourceOf(kind: string) {
  const [plain = '', ...group] = kind.split('.');
  const resource = pluralOf(plain.toLowerCase());
  const usual = builtinResource(resource)?.apiGroup ?? '';
  return { apiGroup: group.length > 0 ? group.join('.') : usual, resource };
}

function pluralOf(word: string): string {
  const short = Object.hasOwn(shortNames, word) ? shortNames[word] : undefined;
  const candidates = [word, `${word}s`, `${word}es`, word.replace(/y$/, 'ies')];
  return short ?? candidates.find((one) => builtinResource(one) !== undefined) ?? word;
}

const usage = (message: string): CliError =>
  new CliError('usage_invalid', message, {
    advice:
      'such as: drawbridge policy explain --config infra/guardrails delete namespace payments',
  });
