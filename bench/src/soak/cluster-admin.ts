import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { z } from 'zod';

const AdminKubeconfig = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.string() }) })]),
  users: z.tuple([
    z.object({
      user: z.object({ 'client-certificate-data': z.string(), 'client-key-data': z.string() }),
    }),
  ]),
});

const Listed = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string(), namespace: z.string().optional() }) }),
  ),
});

const decoded = (text: string) => Buffer.from(text, 'base64').toString('utf8');

/** The cluster as its administrator sees it, past the gateway. */
export class ClusterAdmin {
  readonly certificate: string;
  readonly key: string;
  readonly #server: string;
  readonly #agent: Agent;

  /** @param kubeconfig - path; JSON, with client certificate */
  constructor(kubeconfig: string, certificateAuthority: string) {
    const parsed = AdminKubeconfig.parse(JSON.parse(readFileSync(kubeconfig, 'utf8')));
    const { user } = parsed.users[0];
    this.#server = parsed.clusters[0].cluster.server;
    this.certificate = decoded(user['client-certificate-data']);
    this.key = decoded(user['client-key-data']);
    const { certificate: cert, key } = this;
    this.#agent = new Agent({ keepAlive: true, ca: certificateAuthority, cert, key });
  }

  /** @throws Error with what the cluster said, unless it is 2xx */
  async create(path: string, object: object): Promise<void> {
    await this.#send('POST', path, JSON.stringify(object));
  }

  /** @throws Error with what the cluster said, unless it is 2xx */
  async read(path: string): Promise<unknown> {
    return JSON.parse(await this.#send('GET', path)) as unknown;
  }

  /** `Kind namespace/name` of all that gateways have made in the cluster. */
  async madeByGateways(): Promise<readonly string[]> {
    const kinds = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];
    const selector = 'labelSelector=app.kubernetes.io%2Fmanaged-by%3Ddrawbridge';
    const found: string[] = [];
    for (const kind of kinds) {
      const path = `/apis/rbac.authorization.k8s.io/v1/${kind}?${selector}`;
      const { items } = Listed.parse(await this.read(path));
      found.push(
        ...items.map(({ metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`),
      );
    }
    return found;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body = ''): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const options = { method, agent: this.#agent, headers };
      const sent = request(`${this.#server}${path}`, options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const { statusCode = 0 } = answer;
          if (statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
