import { Problem } from '@drawbridge/contracts';
import type { z } from 'zod';
import { CliError } from '../cli-error.js';
import { ApiRefused } from './api-refused.js';
import type { Fetch } from './http-fetch.js';
import { wantedLogin } from './wanted-login.js';

const TIMEOUT_MS = 30_000;
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;

export interface ApiCall<Schema extends z.ZodType> {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the server may take on purpose, beside what a call takes anyway. */
  readonly waitMs?: number;
  readonly answer: Schema;
}

export interface ApiOptions {
  readonly base: URL;
  readonly fetch: Fetch;
  /** Absent for the few calls that need none. */
  readonly token?: string;
  readonly interrupted: AbortSignal;
}

interface Download extends Omit<ApiCall<z.ZodType>, 'answer'> {
  /** Is given what was answered beside the file. */
  readonly seen?: (headers: Headers) => void;
}

interface Exchanged {
  readonly status: number;
  readonly text: string;
  readonly challenge: string | null;
}

/** Calls one of Drawbridge's HTTP APIs. Never follows a redirect: the token is for this address only. */
export class ApiClient {
  constructor(private readonly options: ApiOptions) {}

  /**
   * Every call of ours may be repeated: reading, and writing with an idempotency key or a settled outcome. So
   * a lost connection or a service that is starting is tried again for a few seconds.
   *
   * @throws ApiRefused, CliError `server_unreachable` or `answer_unreadable`
   */
  async call<Schema extends z.ZodType>(call: ApiCall<Schema>): Promise<z.infer<Schema>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(call);
      } catch (error) {
        if (!isPassing(error) || attempt === MAX_ATTEMPTS) throw error;
        await this.pause(FIRST_PAUSE_MS * 2 ** attempt);
      }
    }
  }

  /**
   * An answer that is kept as it comes; asked once, since what is written already cannot be taken back.
   *
   * @throws ApiRefused, CliError as {@link call}; also while it is read
   */
  async download({ seen, ...call }: Download): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.fetched(call);
    if (response.ok && response.body !== null) {
      seen?.(response.headers);
      return this.readable(response.body);
    }
    const problem = Problem.safeParse(parseJson(await response.text()));
    if (problem.success) throw new ApiRefused(problem.data);
    throw unreadable(this.options.base, response.status);
  }

  private async *readable(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (cause) {
      throw this.unreachable(cause);
    }
  }

  private async attempt<Schema extends z.ZodType>(call: ApiCall<Schema>): Promise<z.infer<Schema>> {
    const { status, text, challenge } = await this.exchange(call);
    const json = parseJson(text);
    if (status >= 200 && status < 300) {
      const answer = call.answer.safeParse(json);
      if (answer.success) return answer.data;
    } else {
      const problem = Problem.safeParse(json);
      if (problem.success) throw new ApiRefused(problem.data, wantedLogin(challenge));
    }
    throw unreadable(this.options.base, status);
  }

  private async exchange(call: ApiCall<z.ZodType>): Promise<Exchanged> {
    try {
      const response = await this.fetched(call);
      const challenge = response.headers.get('www-authenticate');
      return { status: response.status, text: await response.text(), challenge };
    } catch (cause) {
      throw this.unreachable(cause);
    }
  }

  private async fetched(call: Omit<ApiCall<z.ZodType>, 'answer'>): Promise<Response> {
    const { base, fetch, interrupted } = this.options;
    const timeout = AbortSignal.timeout(TIMEOUT_MS + (call.waitMs ?? 0));
    try {
      return await fetch(urlOf(base, call), {
        method: call.method ?? 'GET',
        headers: this.headersOf(call),
        redirect: 'manual',
        signal: AbortSignal.any([interrupted, timeout]),
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
    } catch (cause) {
      throw this.unreachable(cause);
    }
  }

  private unreachable(cause: unknown): CliError {
    if (cause instanceof CliError) return cause;
    const { base, interrupted } = this.options;
    if (interrupted.aborted) return new CliError('interrupted', 'interrupted');
    const message = `${base.origin} cannot be reached${reasonOf(cause)}`;
    return new CliError('server_unreachable', message, { cause });
  }

  private headersOf({ headers, body }: Omit<ApiCall<z.ZodType>, 'answer'>): Record<string, string> {
    const { token } = this.options;
    return {
      accept: 'application/json',
      'user-agent': 'drawbridge-cli',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    };
  }

  private async pause(ms: number): Promise<void> {
    const { setTimeout } = await import('node:timers/promises');
    const { interrupted } = this.options;
    await setTimeout(ms, undefined, { signal: interrupted }).catch(() => {
      throw new CliError('interrupted', 'interrupted');
    });
  }
}

function unreadable({ host }: URL, status: number): CliError {
  const message = `${host} answered ${status} with something that is not of Drawbridge's API`;
  return new CliError('answer_unreadable', message, {
    advice: 'check that the address is that of Drawbridge and that its version is not another',
  });
}

function urlOf(base: URL, { path, query = {} }: Omit<ApiCall<z.ZodType>, 'answer'>): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

const isPassing = (error: unknown): boolean =>
  (error instanceof CliError && error.code === 'server_unreachable' && !isCertificate(error)) ||
  (error instanceof ApiRefused && [502, 503, 504].includes(error.problem.status));

/** The codes of Node and OpenSSL for a certificate that is not to be trusted: no retry mends it. */
const isCertificate = ({ cause }: Error): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(codeOf(cause));

function reasonOf(cause: unknown): string {
  const code = codeOf(cause);
  return code === '' ? '' : ` (${code})`;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'TimeoutError' ? 'ETIMEDOUT' : codeOf(error.cause);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
