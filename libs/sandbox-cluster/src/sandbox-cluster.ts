import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@drawbridge/kernel';
import { ControlLoop } from './controllers/control-loop.js';
import { deploymentController } from './controllers/deployment-controller.js';
import { EventRecorder } from './controllers/event-recorder.js';
import { garbageCollector } from './controllers/garbage-collector.js';
import { namespaceController } from './controllers/namespace-controller.js';
import { podController } from './controllers/pod-controller.js';
import { replicaSetController } from './controllers/replica-set-controller.js';
import { type ApiServer, handleRequest } from './http/api-server.js';
import { authenticate } from './http/authenticate.js';
import { Exchange } from './http/exchange.js';
import type { JsonObject } from './json.js';
import { kubernetesSchemas } from './openapi/schema.js';
import { ObjectStore } from './registry/object-store.js';
import { catalogue, ResourceTypes } from './resources/catalogue.js';
import {
  type CustomResource,
  customResourceType,
  customSchemas,
} from './resources/custom-resource.js';
import { applyManifests } from './seed/apply-manifests.js';
import { sandboxObjects, type SandboxObjects } from './seed/sandbox-objects.js';
import { seedCluster } from './seed/seed-cluster.js';
import { type ClusterCertificates, issueClusterCertificates } from './tls/cluster-certificates.js';

/** How a sandbox cluster is started; everything has a default. */
export interface SandboxClusterOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on; 0 takes a free one. Default 0. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Namespaces to create besides `default`, `kube-system`, `kube-public` and `kube-node-lease`. */
  readonly namespaces?: readonly string[];
  /** About how long a pod takes to be replaced, in milliseconds. Default 400. */
  readonly rolloutMs?: number;
  /**
   * Whether Deployments roll, pods start and namespaces are emptied. Without controllers nothing changes but by calls.
   * Default true.
   */
  readonly controllers?: boolean;
  /** The administrator's bearer token. Default: a random one. */
  readonly adminToken?: string;
  /** How often a watch that asks for bookmarks gets one. Default 60 000. */
  readonly bookmarkMs?: number;
  /** More objects are refused. Default 20 000. */
  readonly maxObjects?: number;
  /** How many changes of one resource can be watched from the past. Default 2 000. */
  readonly historyLimit?: number;
  /** Resources beside those of Kubernetes, as a CustomResourceDefinition would define them. Default none. */
  readonly customResources?: readonly CustomResource[];
}

/** A running sandbox cluster. */
export interface SandboxCluster {
  /** `https://host:port` */
  readonly address: string;
  /** PEM */
  readonly certificateAuthority: string;
  readonly adminToken: string;
  /** PEM; the same administrator by certificate. */
  readonly clientCertificate: string;
  /** PEM */
  readonly clientKey: string;
  /** A kubeconfig for the administrator, in `namespace` or `default`. */
  kubeconfig(namespace?: string): string;
  /**
   * Creates the objects of a manifest (YAML text or objects), or replaces those that exist. Namespaces they
   * name are created.
   */
  apply(manifests: string | readonly JsonObject[]): void;
  /** The objects as they are stored, past the API. */
  readonly objects: SandboxObjects;
  close(): Promise<void>;
}

const defaultRolloutMs = 400;

/** Starts an in-memory Kubernetes API server with the controllers that Deployments need. */
export async function startSandboxCluster(
  options: SandboxClusterOptions = {},
): Promise<SandboxCluster> {
  const {
    host = '127.0.0.1',
    port = 0,
    adminToken = randomBytes(24).toString('base64url'),
  } = options;
  const certificates = await issueClusterCertificates(host);
  const api = apiServer(options);
  const { controllers = true, rolloutMs = defaultRolloutMs } = options;
  const loop = controllers ? startControllers(api, certificates, rolloutMs) : undefined;
  seedCluster(api, options.namespaces ?? []);
  const server = await listen({ api, adminToken, certificates, host, port });
  // A server that listens on a port has an address with a port.
  const { port: actualPort } = server.address() as AddressInfo;
  const address = `https://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
  return {
    address,
    certificateAuthority: certificates.authority,
    adminToken,
    clientCertificate: certificates.admin.certificate,
    clientKey: certificates.admin.key,
    kubeconfig: (namespace = 'default') =>
      kubeconfig({ address, authority: certificates.authority, adminToken, namespace }),
    apply: (manifests) => applyManifests(api, manifests),
    objects: sandboxObjects(api),
    close: () => {
      loop?.close();
      return closeServer(server);
    },
  };
}

function apiServer(options: SandboxClusterOptions): ApiServer {
  const { maxObjects = 20_000, historyLimit = 2000, bookmarkMs = 60_000 } = options;
  const { customResources = [] } = options;
  return {
    store: new ObjectStore({ maxObjects, historyLimit }),
    schemas: kubernetesSchemas().with(customSchemas(customResources)),
    types: new ResourceTypes([...catalogue, ...customResources.map(customResourceType)]),
    clock: options.clock ?? (() => new Date()),
    bookmarkMs,
    version: {
      major: '1',
      minor: '36',
      gitVersion: 'v1.36.3+drawbridge.sandbox',
      gitCommit: '0000000000000000000000000000000000000000',
      gitTreeState: 'clean',
      buildDate: '2026-01-01T00:00:00Z',
      goVersion: 'none',
      compiler: 'none',
      platform: 'sandbox/any',
    },
  };
}

function startControllers(
  api: ApiServer,
  certificates: ClusterCertificates,
  rolloutMs: number,
): ControlLoop {
  const context = {
    ...api,
    events: new EventRecorder(api),
    podStartMs: Math.ceil(rolloutMs / 2),
    podStopMs: Math.ceil(rolloutMs / 4),
  };
  return new ControlLoop(api.store, [
    namespaceController(context, certificates.authority),
    deploymentController(context),
    replicaSetController(context),
    podController(context),
    garbageCollector(context),
  ]);
}

interface Listening {
  readonly api: ApiServer;
  readonly adminToken: string;
  readonly certificates: ClusterCertificates;
  readonly host: string;
  readonly port: number;
}

function listen({ api, adminToken, certificates, host, port }: Listening): Promise<Server> {
  const server = createServer(
    {
      ca: certificates.authority,
      cert: certificates.server.certificate,
      key: certificates.server.key,
      // A certificate is asked for and not required: a bearer token will do as well.
      requestCert: true,
      rejectUnauthorized: false,
      maxHeaderSize: 256 * 1024,
      requestTimeout: 0,
      // Go clients keep a connection for 90 s; the server must not close it first.
      keepAliveTimeout: 120_000,
    },
    (request, response) => {
      const exchange = openExchange(request, response);
      if (exchange !== undefined) void answer({ api, adminToken }, exchange);
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function openExchange(...[request, response]: ConstructorParameters<typeof Exchange>) {
  try {
    return new Exchange(request, response);
  } catch {
    response.statusCode = 400;
    response.end();
    return undefined;
  }
}

async function answer(
  { api, adminToken }: Pick<Listening, 'api' | 'adminToken'>,
  exchange: Exchange,
): Promise<void> {
  try {
    await handleRequest(api, exchange, authenticate(exchange, adminToken));
  } catch (error) {
    await exchange.sendFailure(error);
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface KubeconfigInput {
  readonly address: string;
  readonly authority: string;
  readonly adminToken: string;
  readonly namespace: string;
}

/** JSON is YAML, so a kubeconfig can be written without a YAML writer. */
function kubeconfig({ address, authority, adminToken, namespace }: KubeconfigInput): string {
  const name = 'sandbox';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: address,
          'certificate-authority-data': Buffer.from(authority).toString('base64'),
        },
      },
    ],
    users: [{ name, user: { token: adminToken } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  });
}
