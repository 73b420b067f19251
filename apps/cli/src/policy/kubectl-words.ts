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
  if (command === undefined && !verbs.has(verb)) {
    throw usage(`"${verb}" is neither a verb of Kubernetes nor a command that is known here`);
  }
  const [first = '', ...rest] = words;
  if (command === undefined && first.startsWith('/')) return { verb, path: first };
  if (command?.resource !== undefined) return ofPod(command, words);
  if (first === '' || rest.length > 1)
    throw usage('expected a verb, a resource, and a name or none');
  return { verb, ...command, ...ofResource(first, rest[0], command?.subresource) };
}

function ofPod(command: Partial<DescribedCall>, [target = '', ...argv]: readonly string[]) {
  const name = target.replace(/^(pods?|po|nodes?|no)\//, '');
  if (name === '') throw usage('expected a name');
  const isChannel = command.subresource === 'exec' || command.subresource === 'attach';
  if (command.subresource === 'exec' && argv.length === 0) throw usage('expected words to run');
  return { ...command, name, ...(isChannel && { exec: { argv: [...argv] } }) };
}

function ofResource(word: string, given: string | undefined, subresource: string | undefined) {
  const [kind = '', second, third] = word.split('/');
  const [plain = '', ...group] = kind.split('.');
  const resource = pluralOf(plain.toLowerCase());
  // `deploy/checkout` names an object; `deployments/scale checkout` a subresource.
  const own = given === undefined ? third : second;
  const name = given ?? second;
  const found = own ?? subresource;
  return {
    apiGroup: group.length > 0 ? group.join('.') : (builtinResource(resource)?.apiGroup ?? ''),
    resource,
    ...(found !== undefined && { subresource: found }),
    ...(name !== undefined && { name }),
    // The path of a namespace names it in the place of the namespace, too.
    ...(name !== undefined && resource === 'namespaces' && { namespace: name }),
  };
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
