/** What the namespace of a call says to the streaming upstream. */
export const streamNamespaces = { busy: 'busy', idle: 'idle' } as const;

const inNamespace = (namespace: string) => ({
  watch: `/api/v1/namespaces/${namespace}/pods?watch=true`,
  log: `/api/v1/namespaces/${namespace}/pods/checkout/log?follow=true`,
  exec: `/api/v1/namespaces/${namespace}/pods/checkout/exec?command=true&stdout=true`,
});

export const streamPaths = {
  busy: inNamespace(streamNamespaces.busy),
  idle: inNamespace(streamNamespaces.idle),
};
