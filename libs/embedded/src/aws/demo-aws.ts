import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAssumeRole, type AssumeRoleInput } from './assume-role-input.js';
import { accessDenied, AwsError, validationError } from './aws-error.js';
import { assumeRoleXml, callerIdentity, errorXml } from './aws-answers.js';
import {
  amzDate,
  checkSignature,
  readSignature,
  type Signature,
  type SignedCall,
} from './signature.js';
import { checkTrust, roleOf, type TrustPolicy } from './trust-policy.js';

/** Somebody with keys: a user, or one session of a role. */
export interface AwsPrincipal {
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** By the clock of the stand-in, in milliseconds. Absent: until it is removed. */
  readonly expiresAtMs?: number;
  readonly sourceIdentity?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface AwsRole {
  /** `arn:aws:iam::<account>:role/<name>` */
  readonly arn: string;
  readonly trustPolicy: TrustPolicy;
  /** @default 3600 */
  readonly maxSessionSeconds?: number;
}

export interface AwsCluster {
  readonly name: string;
  readonly endpoint: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** Roles that may describe it. */
  readonly describedBy: readonly string[];
}

/** One call as it was answered. */
export interface AwsCall {
  readonly action: string;
  /** ARN of the caller, when its signature was good. */
  readonly caller: string | undefined;
  /** AWS's error code; `''` when it succeeded. */
  readonly error: string;
  readonly assumed?: AssumeRoleInput;
}

export interface DemoAwsOptions {
  readonly region: string;
  /** The ambient identity of whoever is given its keys. */
  readonly ambientArn: string;
  readonly roles: readonly AwsRole[];
  /** Tokens of pods and the roles that they are for: IRSA. */
  readonly webIdentities?: readonly { readonly token: string; readonly roleArn: string }[];
  readonly clusters?: readonly AwsCluster[];
}

/** What every call is answered with until it is taken back: an error, or nothing at all. */
export type AwsFault = { readonly status: number; readonly code: string } | 'no answer';

/** How far the date of a signature may be from our clock. */
const SIGNATURE_MS = 5 * 60_000;
/** How long a presigned address is accepted, whatever it says itself. */
const PRESIGNED_MS = 15 * 60_000;
const CHAINED_SECONDS = 3_600;

/**
 * STS and the one call of EKS that a client of it needs, in the place of AWS: it checks the signature of every
 * call, the trust policy of every role, and when sessions end. Never reachable from a production configuration.
 */
export class DemoAws {
  readonly calls: AwsCall[] = [];
  readonly ambient: AwsPrincipal;
  fault: AwsFault | undefined;
  /** Sessions end after this, whatever they were asked for: so that a test need not wait. */
  sessionSeconds: number | undefined;
  /** What its clock is ahead of the machine's. */
  clockAheadMs = 0;
  readonly #principals = new Map<string, AwsPrincipal>();
  readonly #server: Server;

  private constructor(private readonly options: DemoAwsOptions) {
    this.ambient = this.#issue({ arn: options.ambientArn }, true);
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Starts it on loopback. */
  static async start(options: DemoAwsOptions): Promise<DemoAws> {
    const aws = new DemoAws(options);
    await new Promise<void>((resolve) => aws.#server.listen(0, '127.0.0.1', resolve));
    return aws;
  }

  /** `http://127.0.0.1:port`, for `AWS_ENDPOINT_URL_STS` and `AWS_ENDPOINT_URL_EKS`. */
  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** The ambient keys are of no use from now on. */
  expireAmbient(): void {
    const { accessKeyId } = this.ambient;
    this.#principals.set(accessKeyId, { ...this.ambient, expiresAtMs: 0 });
  }

  restoreAmbient(): void {
    this.#principals.set(this.ambient.accessKeyId, this.ambient);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #now(): number {
    return Date.now() + this.clockAheadMs;
  }

  #issue(principal: Omit<AwsPrincipal, 'accessKeyId' | 'secretAccessKey'>, temporary: boolean) {
    const issued: AwsPrincipal = {
      ...principal,
      accessKeyId: `${temporary ? 'ASIA' : 'AKIA'}${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      ...(temporary && { sessionToken: `canary-${randomBytes(150).toString('base64')}` }),
    };
    this.#principals.set(issued.accessKeyId, issued);
    return issued;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    response.setHeader('date', new Date(this.#now()).toUTCString());
    if (this.fault === 'no answer') {
      request.socket.destroy();
      return;
    }
    const noted: { -readonly [Key in keyof AwsCall]: AwsCall[Key] } = {
      action: actionOf(call),
      caller: undefined,
      error: '',
    };
    this.calls.push(noted);
    try {
      if (this.fault !== undefined) throw new AwsError(this.fault.status, this.fault.code, 'fault');
      if (noted.action === 'AssumeRoleWithWebIdentity') {
        this.#answerWebIdentity(new URLSearchParams(call.body), response);
        return;
      }
      const caller = this.#authenticate(call);
      noted.caller = caller.arn;
      this.#answer({ call, caller, noted, response });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      noted.error = error.code;
      response.writeHead(error.status, { 'content-type': 'text/xml' }).end(errorXml(error));
    }
  }

  #authenticate(call: SignedCall): AwsPrincipal {
    const signature = readSignature(call);
    const principal = this.#principals.get(signature.accessKeyId);
    if (principal?.sessionToken !== signature.sessionToken || principal === undefined) {
      throw new AwsError(403, 'InvalidClientTokenId', 'The security token is invalid.');
    }
    checkSignature(call, signature, principal.secretAccessKey);
    this.#checkScope(signature);
    if ((principal.expiresAtMs ?? Infinity) <= this.#now()) {
      throw new AwsError(403, 'ExpiredToken', 'The security token in the request is expired');
    }
    return principal;
  }

  #checkScope({ date, region, service, presigned }: Signature): void {
    const age = this.#now() - amzDate(date);
    if (!(age < (presigned ? PRESIGNED_MS : SIGNATURE_MS) && age > -SIGNATURE_MS)) {
      throw new AwsError(403, 'SignatureDoesNotMatch', `Signature expired: ${date}`);
    }
    if (region !== this.options.region || !['sts', 'eks'].includes(service)) {
      throw new AwsError(
        403,
        'SignatureDoesNotMatch',
        'Credential should be scoped to this region',
      );
    }
  }

  #answer({
    call,
    caller,
    noted,
    response,
  }: {
    call: SignedCall;
    caller: AwsPrincipal;
    noted: { assumed?: AssumeRoleInput };
    response: ServerResponse;
  }): void {
    const json = { 'content-type': 'application/json' };
    switch (actionOf(call)) {
      case 'GetCallerIdentity':
        response.writeHead(200, json).end(JSON.stringify(callerIdentity(caller)));
        return;
      case 'AssumeRole': {
        noted.assumed = readAssumeRole(new URLSearchParams(call.body));
        const session = this.#assume(noted.assumed, caller);
        response.writeHead(200, { 'content-type': 'text/xml' }).end(assumeRoleXml(session));
        return;
      }
      case 'DescribeCluster': {
        const cluster = this.#describe(call.path, caller);
        response.writeHead(200, json).end(JSON.stringify(cluster));
        return;
      }
      default:
        throw new AwsError(400, 'InvalidAction', 'Could not find operation');
    }
  }

  /** The one call that is not signed: the token in it says who calls. */
  #answerWebIdentity(form: URLSearchParams, response: ServerResponse): void {
    const roleArn = form.get('RoleArn') ?? '';
    const known = this.options.webIdentities?.some(
      (identity) => identity.roleArn === roleArn && identity.token === form.get('WebIdentityToken'),
    );
    if (known !== true) throw new AwsError(400, 'InvalidIdentityToken', 'No such token');
    const arn = sessionArn(roleArn, form.get('RoleSessionName') ?? '');
    const expiresAtMs = this.#now() + (this.sessionSeconds ?? CHAINED_SECONDS) * 1_000;
    const session = this.#issue({ arn, expiresAtMs }, true);
    const xml = assumeRoleXml(session, 'AssumeRoleWithWebIdentity');
    response.writeHead(200, { 'content-type': 'text/xml' }).end(xml);
  }

  #assume(input: AssumeRoleInput, caller: AwsPrincipal): AwsPrincipal {
    const role = this.options.roles.find(({ arn }) => arn === input.roleArn);
    const denied = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${input.roleArn}`;
    if (role === undefined) throw accessDenied(denied);
    checkTrust(role.trustPolicy, {
      caller: caller.arn,
      roleArn: role.arn,
      keys: conditionKeys(input),
      actions: [
        'sts:AssumeRole',
        ...(Object.keys(input.tags).length > 0 ? ['sts:TagSession'] : []),
        ...(input.sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
      ],
    });
    const chained = roleOf(caller.arn) !== undefined;
    const limit = chained ? CHAINED_SECONDS : (role.maxSessionSeconds ?? CHAINED_SECONDS);
    if (input.durationSeconds > limit) throw validationError('durationSeconds exceeds the limit');
    const seconds = this.sessionSeconds ?? input.durationSeconds;
    return this.#issue(
      {
        arn: sessionArn(role.arn, input.sessionName),
        expiresAtMs: this.#now() + seconds * 1_000,
        tags: input.tags,
        ...(input.sourceIdentity !== undefined && { sourceIdentity: input.sourceIdentity }),
      },
      true,
    );
  }

  #describe(path: string, caller: AwsPrincipal): object {
    const cluster = this.options.clusters?.find(({ name }) => path === `/clusters/${name}`);
    const role = roleOf(caller.arn) ?? caller.arn;
    if (cluster?.describedBy.includes(role) !== true) {
      throw new AwsError(403, 'AccessDeniedException', `${caller.arn} may not eks:DescribeCluster`);
    }
    const data = Buffer.from(cluster.certificateAuthority).toString('base64');
    const { name, endpoint } = cluster;
    return { cluster: { name, endpoint, status: 'ACTIVE', certificateAuthority: { data } } };
  }
}

const sessionArn = (roleArn: string, sessionName: string): string =>
  `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${sessionName}`;

function actionOf({ path, query, body }: SignedCall): string {
  if (path.startsWith('/clusters/')) return 'DescribeCluster';
  return new URLSearchParams(body === '' ? query : body).get('Action') ?? randomUUID();
}

function conditionKeys(input: AssumeRoleInput): Record<string, readonly string[]> {
  const given = (value: string | undefined) => (value === undefined ? [] : [value]);
  const tags = Object.entries(input.tags).map(([key, value]) => [
    `aws:requesttag/${key.toLowerCase()}`,
    [value],
  ]);
  return {
    ...(Object.fromEntries(tags) as Record<string, string[]>),
    'aws:tagkeys': Object.keys(input.tags),
    'sts:externalid': given(input.externalId),
    'sts:rolesessionname': [input.sessionName],
    'sts:sourceidentity': given(input.sourceIdentity),
    'sts:transitivetagkeys': input.transitiveTagKeys,
  };
}

async function readCall(request: IncomingMessage): Promise<SignedCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  return {
    method: request.method ?? '',
    path,
    query,
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
