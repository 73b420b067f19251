import { Agent, request } from 'node:https';
import { CONNECTION } from '../drawbridge/drawbridge-peer.js';
import { DEPLOYMENT, NAMESPACE, type HoldsWorld } from './holds-world.js';

const base = `/connections/${CONNECTION}/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${DEPLOYMENT}`;

interface Call {
  readonly method: 'GET' | 'PATCH';
  readonly body?: string;
}

/** What an agent does at the gateway, on connections that stay open. */
export class AgentCalls {
  readonly #connections = new Agent({ keepAlive: true });

  constructor(
    private readonly world: Pick<HoldsWorld, 'origin' | 'certificateAuthority'>,
    private readonly token: string,
  ) {}

  /** Changes the deployment; each `note` is another call. */
  change(note: string): Promise<number> {
    const body = JSON.stringify({ metadata: { annotations: { note } } });
    return this.#send({ method: 'PATCH', body });
  }

  /** Looks at it, which nobody holds. */
  look(): Promise<number> {
    return this.#send({ method: 'GET' });
  }

  close(): void {
    this.#connections.destroy();
  }

  #send({ method, body }: Call): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const sent = request(
      `${this.world.origin}${base}`,
      {
        method,
        agent: this.#connections,
        ca: this.world.certificateAuthority,
        servername: 'localhost',
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(body !== undefined && {
            'content-type': 'application/merge-patch+json',
            'content-length': Buffer.byteLength(body),
          }),
        },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }
}
