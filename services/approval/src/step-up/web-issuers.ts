import { readFile } from 'node:fs/promises';
import type { IssuerDocument } from '@drawbridge/contracts';
import { boundedFetch, OutboundFailed } from '@drawbridge/runtime';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type Configuration,
} from 'openid-client';
import { StepUpFailed } from './step-up-failed.js';

type Spec = IssuerDocument['spec'];
type WebLogin = NonNullable<NonNullable<Spec['login']>['web']>;

/** An issuer that approvers can log in with on our pages. */
export interface WebIssuer {
  readonly issuer: string;
  readonly scope: string;
  /** @throws StepUpFailed `issuer_unavailable` */
  readonly client: () => Promise<Configuration>;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1_048_576;
/** Endpoints and keys of an issuer change rarely, and a new key is fetched when it is met. */
const KEEP_MS = 600_000;

/** The issuers of a configuration with a web client, in its order. */
export function webIssuers(issuers: readonly { readonly spec: Spec }[]): readonly WebIssuer[] {
  return issuers.flatMap(({ spec }) => {
    const web = spec.login?.web;
    return web === undefined ? [] : [webIssuer(spec, web)];
  });
}

function webIssuer(spec: Spec, web: WebLogin): WebIssuer {
  let known: { readonly client: Promise<Configuration>; readonly until: number } | undefined;
  return {
    issuer: spec.issuer,
    scope: web.scope,
    client: () => {
      const now = performance.now();
      if (known !== undefined && now < known.until) return known.client;
      const client = discover(spec, web);
      known = { client, until: now + KEEP_MS };
      client.catch(() => (known = undefined));
      return client;
    },
  };
}

async function discover(spec: Spec, web: WebLogin): Promise<Configuration> {
  const { issuer, allowInsecureHttp, certificateAuthorityFile } = spec;
  try {
    const certificateAuthority = await textOf(certificateAuthorityFile);
    const secret = (await textOf(web.clientSecretFile))?.trimEnd();
    const url = new URL(issuer);
    const auth = secret === undefined ? None() : ClientSecretBasic(secret);
    const outbound = { allowInsecureHttp, certificateAuthority, ...limits };
    const client = await discovery(url, web.clientId, undefined, auth, {
      [customFetch]: (address, { method, headers, body }) =>
        boundedFetch(address, { ...outbound, method, headers, body: formOf(body) }),
      timeout: TIMEOUT_MS / 1000,
      execute: [
        // The library trusts TLS instead of the signature where a token came straight from the issuer.
        enableNonRepudiationChecks,
        // boundedFetch lets plain http pass for this machine only. Deprecated to stand out.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        ...(url.protocol === 'http:' ? [allowInsecureRequests] : []),
      ],
    });
    if (client.serverMetadata().issuer !== issuer) throw unavailable(issuer);
    return client;
  } catch (cause) {
    throw cause instanceof StepUpFailed ? cause : unavailable(issuer, cause);
  }
}

const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };

const textOf = (file: string | undefined): Promise<string | undefined> =>
  file === undefined ? Promise.resolve(undefined) : readFile(file, 'utf8');

/** The library sends forms only. */
function formOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('expected a form');
}

/** Whether an error of the library is about an issuer that cannot be reached. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof OutboundFailed) return true;
  return error instanceof Error && isUnreachable(error.cause);
}

export const unavailable = (issuer: string, cause?: unknown): StepUpFailed =>
  new StepUpFailed(
    'issuer_unavailable',
    `${issuer} cannot be reached, or does not answer as an OpenID provider; try again, or approve with the CLI`,
    { cause },
  );
