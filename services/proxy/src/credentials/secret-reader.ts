import type { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import type { SecretReference } from '@drawbridge/contracts';
import { CredentialFailure, systemCode } from './credential-failure.js';

const ANSWER_MS = 10_000;

/** Reads keys of Kubernetes Secrets with the gateway's own identity. */
export interface SecretReader {
  /** @throws {@link CredentialFailure} */
  read(reference: SecretReference, signal: AbortSignal): Promise<string>;
}

/**
 * The Secrets of the cluster the gateway runs in, or of the one that a kubeconfig names. The client is loaded
 * when a connection first needs it.
 */
export class KubeSecretReader implements SecretReader {
  #api: Promise<CoreV1Api> | undefined;

  /** @param kubeconfigFile - absent: the service account of the pod */
  constructor(private readonly kubeconfigFile: string | undefined) {}

  async read({ namespace, name, key }: SecretReference, signal: AbortSignal): Promise<string> {
    const said = `Secret ${namespace}/${name}`;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const data = await this.#data({ namespace, name }, limit).catch((error: unknown) => {
      throw new CredentialFailure(`${said} cannot be read (${whyNot(error)})`);
    });
    const value = data?.[key];
    if (value === undefined) throw new CredentialFailure(`${said} has no key ${key}`);
    return Buffer.from(value, 'base64').toString('utf8');
  }

  async #data(of: { namespace: string; name: string }, signal: AbortSignal) {
    const api = await (this.#api ??= this.#open());
    const answer = api.readNamespacedSecret(of);
    return (await Promise.race([answer, aborted(signal)])).data;
  }

  async #open(): Promise<CoreV1Api> {
    const { CoreV1Api: Api, KubeConfig: Config } = await import('@kubernetes/client-node');
    const config: KubeConfig = new Config();
    if (this.kubeconfigFile === undefined) config.loadFromCluster();
    else config.loadFromFile(this.kubeconfigFile);
    return config.makeApiClient(Api);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = () => reject(new CredentialFailure('no answer in time'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

/** An error of the client holds the answer, and that may hold the Secret: only its status is told. */
function whyNot(error: unknown): string {
  if (error instanceof CredentialFailure) return error.message;
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'number' ? `answered with ${code}` : systemCode(error);
}
