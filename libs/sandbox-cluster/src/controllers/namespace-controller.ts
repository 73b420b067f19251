import { backgroundDeletion, deleteObject, finalizeNamespace } from '../registry/delete-object.js';
import { createObject } from '../registry/create-object.js';
import type { StoreEvent } from '../registry/object-store.js';
import { keyOfObject } from '../registry/registry.js';
import { controllerWrites } from '../registry/write-options.js';
import { namespaces, serviceAccounts } from '../resources/cluster.js';
import { configMaps } from '../resources/configuration.js';
import type { Controller, ControllerContext } from './controller.js';

/** Furnishes new namespaces, and empties those under deletion before they go. */
export function namespaceController(context: ControllerContext, authority: string): Controller {
  return {
    keysOf: ({ type, object, change }: StoreEvent) => {
      if (type === namespaces) return [object.metadata.name];
      return change === 'DELETED' && object.metadata.namespace !== undefined
        ? [object.metadata.namespace]
        : [];
    },
    reconcile: (name) => {
      const namespace = context.store.get(namespaces, undefined, name);
      if (namespace === undefined) return undefined;
      if (namespace.metadata.deletionTimestamp === undefined) furnish(context, name, authority);
      else empty(context, name);
      return undefined;
    },
  };
}

/** Every namespace has a `default` service account and the cluster's CA. */
function furnish(context: ControllerContext, namespace: string, authority: string): void {
  const options = controllerWrites('kube-controller-manager');
  if (context.store.get(serviceAccounts, namespace, 'default') === undefined) {
    const body = { metadata: { name: 'default' } };
    createObject(context, { type: serviceAccounts, namespace, body, options });
  }
  if (context.store.get(configMaps, namespace, 'kube-root-ca.crt') === undefined) {
    const body = { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': authority } };
    createObject(context, { type: configMaps, namespace, body, options });
  }
}

function empty(context: ControllerContext, namespace: string): void {
  const content = context.types.all
    .filter((type) => type.namespaced)
    .flatMap((type) => context.store.list(type, namespace).map((object) => ({ type, object })));
  for (const { type, object } of content) {
    if (object.metadata.deletionTimestamp !== undefined) continue;
    deleteObject(context, keyOfObject(type, object), backgroundDeletion);
  }
  const isEmpty = context.types.all.every(
    (type) => !type.namespaced || context.store.list(type, namespace).length === 0,
  );
  if (isEmpty) finalizeNamespace(context, namespace);
}
