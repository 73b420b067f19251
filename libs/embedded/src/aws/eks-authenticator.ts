import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from '../tls/certificate-authority.js';
import { amzDate } from './signature.js';
import { roleOf } from './trust-policy.js';

/** Whom a role is in the cluster: an access entry of EKS. */
export interface AccessEntry {
  readonly roleArn: string;
  /** `{{SessionName}}` stands for the name of the session. */
  readonly username: string;
  readonly groups: readonly string[];
}

export interface EksAuthenticatorOptions {
  readonly clusterName: string;
  readonly region: string;
  /** Where the addresses in tokens are called instead of AWS. */
  readonly sts: string;
  readonly accessEntries: readonly AccessEntry[];
  /** How long a token is accepted from its signature on. @default 900 */
  readonly tokenSeconds?: number;
  /** By whose clock. @default that of the machine */
  readonly now?: () => number;
}

/** One token that was looked at. */
export interface ReviewedToken {
  readonly token: string;
  /** `''` when it was refused. */
  readonly username: string;
  readonly refusal: string;
}

const PREFIX = 'k8s-aws-v1.';
const MAX_TOKEN_BYTES = 4_096;
/** Of the presigned address, in lower case; anything else would be somebody's attempt to ask something else. */
const allowedParameters = new Set(
  [
    'action',
    'version',
    'x-amz-algorithm',
    'x-amz-credential',
    'x-amz-date',
    'x-amz-expires',
  ].concat(['x-amz-security-token', 'x-amz-signature', 'x-amz-signedheaders', 'x-amz-user-agent']),
);

class Refused extends Error {}

/**
 * The token webhook of an EKS cluster: it believes a token when the presigned address in it is one that asks STS,
 * and nothing else, who signed it for this cluster, and then asks. As `aws-iam-authenticator` does.
 */
export class EksAuthenticator {
  readonly reviewed: ReviewedToken[] = [];
  /** Tokens that are not believed any more. */
  readonly revoked = new Set<string>();
  readonly #server: Server;

  private constructor(
    private readonly options: EksAuthenticatorOptions,
    readonly certificateAuthority: string,
    certificate: { readonly cert: string; readonly key: string },
  ) {
    this.#server = createServer(certificate, (request, response) => {
      void this.#serve(request, response);
    });
  }

  static async start(options: EksAuthenticatorOptions): Promise<EksAuthenticator> {
    const authority = await createCertificateAuthority('authenticator');
    const { certificate: cert, key } = await authority.issueServer(['127.0.0.1']);
    const webhook = new EksAuthenticator(options, authority.certificate, { cert, key });
    await new Promise<void>((resolve) => webhook.#server.listen(0, '127.0.0.1', resolve));
    return webhook;
  }

  /** For `--authentication-token-webhook-config-file`. */
  get kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    const data = Buffer.from(this.certificateAuthority).toString('base64');
    const server = `https://127.0.0.1:${port}/authenticate`;
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'aws', cluster: { server, 'certificate-authority-data': data } }],
      users: [{ name: 'apiserver', user: {} }],
      contexts: [{ name: 'webhook', context: { cluster: 'aws', user: 'apiserver' } }],
      'current-context': 'webhook',
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
      apiVersion: string;
      spec: { token: string };
    };
    const status = await this.#review(review.spec.token);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: 'TokenReview', status }));
  }

  async #review(token: string): Promise<object> {
    try {
      const arn = await this.#resolve(token);
      const entry = this.options.accessEntries.find(({ roleArn }) => roleArn === roleOf(arn));
      if (entry === undefined) throw new Refused(`no access entry for ${arn}`);
      const username = entry.username.replace('{{SessionName}}', arn.split('/').at(-1) ?? '');
      this.reviewed.push({ token, username, refusal: '' });
      const user = { username, uid: `aws:${roleOf(arn)}`, groups: entry.groups };
      return { authenticated: true, user: { ...user, extra: { arn: [arn] } } };
    } catch (error) {
      const refusal = error instanceof Error ? error.message : String(error);
      this.reviewed.push({ token, username: '', refusal });
      return { authenticated: false };
    }
  }

  /** The ARN of whoever signed the token. */
  async #resolve(token: string): Promise<string> {
    if (this.revoked.has(token)) throw new Refused('revoked');
    if (token.length > MAX_TOKEN_BYTES || !token.startsWith(PREFIX)) throw new Refused('no token');
    const text = Buffer.from(token.slice(PREFIX.length), 'base64url').toString('utf8');
    if (!URL.canParse(text)) throw new Refused('no address');
    const url = new URL(text);
    this.#check(url);
    const answer = await ask(this.options.sts, url, this.options.clusterName);
    const identity = JSON.parse(answer) as {
      GetCallerIdentityResponse: { GetCallerIdentityResult: { Arn: string } };
    };
    return identity.GetCallerIdentityResponse.GetCallerIdentityResult.Arn;
  }

  #check(url: URL): void {
    const { region, tokenSeconds = 900, now = Date.now } = this.options;
    const hosts = [`sts.${region}.amazonaws.com`, `sts-fips.${region}.amazonaws.com`];
    const names = [...url.searchParams.keys()].map((name) => name.toLowerCase());
    const problems: readonly [boolean, string][] = [
      [url.protocol !== 'https:' || !hosts.includes(url.host), `host ${url.host}`],
      [url.pathname !== '/' || url.username !== '', 'path'],
      [new Set(names).size !== names.length, 'a parameter twice'],
      [names.some((name) => !allowedParameters.has(name)), 'a parameter that is not allowed'],
      [url.searchParams.get('Action') !== 'GetCallerIdentity', 'action'],
      [!this.#signsCluster(url), 'x-k8s-aws-id is not signed'],
      [!/^\d+$/.test(url.searchParams.get('X-Amz-Expires') ?? ''), 'X-Amz-Expires'],
      [Number(url.searchParams.get('X-Amz-Expires')) > 900, 'X-Amz-Expires'],
      [
        !(now() < amzDate(url.searchParams.get('X-Amz-Date') ?? '') + tokenSeconds * 1_000),
        'expired',
      ],
    ];
    const problem = problems.find(([isProblem]) => isProblem);
    if (problem !== undefined) throw new Refused(problem[1]);
  }

  #signsCluster(url: URL): boolean {
    const signed = url.searchParams.get('X-Amz-SignedHeaders') ?? '';
    return signed.split(';').includes('x-k8s-aws-id');
  }
}

/** Calls the address as it was signed, host name included, at the stand-in. */
function ask(sts: string, url: URL, clusterName: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host: url.host, accept: 'application/json', 'x-k8s-aws-id': clusterName };
    const request = httpRequest(`${sts}${url.pathname}${url.search}`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Refused(`STS answered with ${response.statusCode ?? 0}`));
      });
    });
    request.on('error', reject);
    request.end();
  });
}
