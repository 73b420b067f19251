/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   the models of client-node are plain data, which its own code makes by no constructor either */
import {
  ApiException,
  AuthorizationV1Api,
  createConfiguration,
  RbacAuthorizationV1Api,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { Upstream } from '../upstream/upstream.js';
import type { BoundKind, BoundObject, StoredObject } from './bound-object.js';
import type { AccessQuestion, ClusterRbac } from './cluster-rbac.js';
import { bindingBody, roleBody, storedOf, type Wire } from './rbac-wire.js';
import { UpstreamHttpLibrary } from './upstream-http-library.js';

const PAGE = 500;
interface Page {
  readonly labelSelector: string;
  readonly limit: number;
  readonly _continue?: string;
}

/** What client-node calls the same thing for each kind. */
interface KindApi {
  create(object: BoundObject): Promise<unknown>;
  read(named: Named): Promise<Wire>;
  remove(named: Named, uid: string): Promise<unknown>;
  list(page: Page): Promise<{ items: Wire[]; metadata?: { _continue?: string } }>;
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** {@link ClusterRbac} by `@kubernetes/client-node`. Loaded only when a connection needs it: it is large. */
export class ClientNodeRbac implements ClusterRbac {
  readonly #kinds: Readonly<Record<BoundKind, KindApi>>;
  readonly #reviews: AuthorizationV1Api;

  constructor(upstream: Pick<Upstream, 'prepare'>) {
    const configuration = createConfiguration({
      // Only path and query of this address are used: the upstream knows where the cluster is.
      baseServer: new ServerConfiguration('https://cluster', {}),
      httpApi: wrapHttpLibrary(new UpstreamHttpLibrary(upstream)),
    });
    this.#kinds = kindApis(new RbacAuthorizationV1Api(configuration));
    this.#reviews = new AuthorizationV1Api(configuration);
  }

  async create(object: BoundObject): Promise<'created' | 'exists' | 'noNamespace'> {
    try {
      await this.#kinds[object.kind].create(object);
      return 'created';
    } catch (error) {
      if (codeOf(error) === 409) return 'exists';
      if (isNoNamespace(error)) return 'noNamespace';
      throw error;
    }
  }

  async read({ kind, namespace, name }: BoundObject): Promise<StoredObject | undefined> {
    try {
      return storedOf(kind, await this.#kinds[kind].read({ namespace, name }));
    } catch (error) {
      if (codeOf(error) === 404) return undefined;
      throw error;
    }
  }

  async remove({ kind, namespace, name, uid }: StoredObject): Promise<void> {
    try {
      await this.#kinds[kind].remove({ namespace, name }, uid);
    } catch (error) {
      // 409: another object has the name by now, which is not ours to remove.
      if (codeOf(error) !== 404 && codeOf(error) !== 409) throw error;
    }
  }

  async list(kind: BoundKind, labelSelector: string): Promise<readonly StoredObject[]> {
    const all: StoredObject[] = [];
    let next: string | undefined;
    do {
      const from = next === undefined ? {} : { _continue: next };
      const page = await this.#kinds[kind].list({ labelSelector, limit: PAGE, ...from });
      all.push(...page.items.map((item) => storedOf(kind, item)));
      next = page.metadata?._continue;
    } while (next !== undefined && next !== '');
    return all;
  }

  async mayAccess({ group, apiGroup, ...attributes }: AccessQuestion): Promise<boolean> {
    const spec = { groups: [group], resourceAttributes: { ...attributes, group: apiGroup } };
    const { status } = await this.#reviews.createSubjectAccessReview({ body: { spec } });
    return status?.allowed === true;
  }
}

function kindApis(api: RbacAuthorizationV1Api): Readonly<Record<BoundKind, KindApi>> {
  const only = (uid: string) => ({ body: { preconditions: { uid } } });
  return {
    Role: {
      create: (role) =>
        api.createNamespacedRole({ namespace: role.namespace, body: roleBody(role) }),
      read: (named) => api.readNamespacedRole(named),
      remove: (named, uid) => api.deleteNamespacedRole({ ...named, ...only(uid) }),
      list: (page) => api.listRoleForAllNamespaces(page),
    },
    RoleBinding: {
      create: (binding) =>
        api.createNamespacedRoleBinding({
          namespace: binding.namespace,
          body: bindingBody(binding),
        }),
      read: (named) => api.readNamespacedRoleBinding(named),
      remove: (named, uid) => api.deleteNamespacedRoleBinding({ ...named, ...only(uid) }),
      list: (page) => api.listRoleBindingForAllNamespaces(page),
    },
    ClusterRole: {
      create: (role) => api.createClusterRole({ body: roleBody(role) }),
      read: ({ name }) => api.readClusterRole({ name }),
      remove: ({ name }, uid) => api.deleteClusterRole({ name, ...only(uid) }),
      list: (page) => api.listClusterRole(page),
    },
    ClusterRoleBinding: {
      create: (binding) => api.createClusterRoleBinding({ body: bindingBody(binding) }),
      read: ({ name }) => api.readClusterRoleBinding({ name }),
      remove: ({ name }, uid) => api.deleteClusterRoleBinding({ name, ...only(uid) }),
      list: (page) => api.listClusterRoleBinding(page),
    },
  };
}

const codeOf = (error: unknown): number => (error instanceof ApiException ? error.code : 0);

/** 404 of a create is its namespace; one that ends refuses everything new as forbidden. */
function isNoNamespace(error: unknown): boolean {
  if (codeOf(error) === 404) return true;
  return (
    codeOf(error) === 403 && error instanceof Error && /NamespaceTerminating/.test(error.message)
  );
}
