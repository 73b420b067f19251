import { readFile } from 'node:fs/promises';
import type { LoggerService } from '@nestjs/common';
import { TICKET_IN_ADDRESS, type TicketStateSpec } from '@drawbridge/contracts';
import { boundedFetch } from '@drawbridge/runtime';

/** Everything together, since a judgement waits for it. */
const TIMEOUT_MS = 2_000;
const MAX_STATE = 100;

/** A ticket system that tells states, by the name of its webhook. */
export interface TicketSource {
  readonly name: string;
  readonly state: TicketStateSpec;
  readonly allowInsecureHttp: boolean;
}

export interface TicketStatesOptions {
  /** Of the configuration in force. */
  readonly sources: () => readonly TicketSource[];
  readonly logger: LoggerService;
}

/** Asks ticket systems what state a ticket is in, at the addresses of the configuration and at no other. */
export class TicketStates {
  constructor(private readonly options: TicketStatesOptions) {}

  /** States by webhook, of those that said one in time; what is missing is not known. */
  async of(webhooks: readonly string[], ticket: string): Promise<ReadonlyMap<string, string>> {
    // Anything else could mean another address: dots, slashes, whatever a server decodes twice.
    if (!TICKET_IN_ADDRESS.test(ticket)) return new Map();
    const states = new Map<string, string>();
    await Promise.all(
      webhooks.map(async (webhook) => {
        const state = await this.#stateAt(webhook, ticket);
        if (state !== undefined) states.set(webhook, state);
      }),
    );
    return states;
  }

  async #stateAt(webhook: string, ticket: string): Promise<string | undefined> {
    const source = this.options.sources().find(({ name }) => name === webhook);
    if (source === undefined) return undefined;
    try {
      return await ask(source, ticket);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown error';
      this.options.logger.warn({ msg: 'the state of a ticket is not known', webhook, reason });
      return undefined;
    }
  }
}

async function ask(source: TicketSource, ticket: string): Promise<string | undefined> {
  const { state, allowInsecureHttp } = source;
  const authority = state.certificateAuthorityFile;
  const url = state.url.replace('{ticket}', () => encodeURIComponent(ticket));
  const answer = await boundedFetch(url, {
    timeoutMs: TIMEOUT_MS,
    allowInsecureHttp,
    headers: await authorizationOf(state),
    ...(authority !== undefined && { certificateAuthority: await readFile(authority, 'utf8') }),
  });
  if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
  return stateIn(await answer.json(), state.pointer);
}

async function authorizationOf({
  tokenFile,
  authorization,
}: TicketStateSpec): Promise<Readonly<Record<string, string>>> {
  if (tokenFile === undefined) return {};
  const token = (await readFile(tokenFile, 'utf8')).trim();
  if (!/^[!-~]+$/.test(token)) throw new Error('the token file holds no token');
  const basic = `Basic ${Buffer.from(token).toString('base64')}`;
  return { authorization: authorization === 'basic' ? basic : `Bearer ${token}` };
}

/** RFC 6901. */
function stateIn(document: unknown, pointer: string): string | undefined {
  const found = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Readonly<Record<string, unknown>>)[name]
          : undefined,
      document,
    );
  const isState =
    typeof found === 'string' &&
    found.length <= MAX_STATE &&
    /^[^\p{Cc}\p{Bidi_Control}]+$/u.test(found);
  return isState ? found : undefined;
}
