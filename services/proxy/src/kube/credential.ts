import { readFile } from 'node:fs/promises';
import type { ConnectionDocument } from '@drawbridge/contracts';
import { CallRefused } from '../domain/call-refused.js';

type CredentialSpec = ConnectionDocument['spec']['credential'];
export type Environment = Readonly<Record<string, string | undefined>>;

/** How long a token read from its file is used before the file is read again. */
const FRESH_MS = 1_000;

/** Gives the headers that authenticate the gateway to one cluster. Read from its source, never kept in a log. */
export interface Credential {
  /** @throws {@link CallRefused} `credential_unavailable` */
  headers(): Promise<Readonly<Record<string, string>>>;
}

export function credentialOf(
  spec: CredentialSpec,
  connection: string,
  environment: Environment,
): Credential {
  switch (spec.type) {
    case 'bearerToken':
      if (spec.file !== undefined) return new BearerTokenFile(spec.file, connection);
      return {
        headers: () => bearer(environment[spec.environmentVariable ?? ''] ?? '', connection),
      };
    case 'clientCertificate':
      return { headers: () => Promise.resolve({}) };
    default:
      return { headers: () => Promise.reject(unavailable(connection)) };
  }
}

class BearerTokenFile implements Credential {
  #token = '';
  #readAtMs = -Infinity;

  constructor(
    private readonly file: string,
    private readonly connection: string,
  ) {}

  async headers(): Promise<Readonly<Record<string, string>>> {
    if (performance.now() - this.#readAtMs > FRESH_MS) {
      this.#token = await this.#read();
      this.#readAtMs = performance.now();
    }
    return bearer(this.#token, this.connection);
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (cause) {
      throw unavailable(this.connection, { cause });
    }
  }
}

/** Refuses what is no token, so that a wrong file can neither inject a header nor show up in an error. */
function bearer(text: string, connection: string): Promise<Readonly<Record<string, string>>> {
  const token = text.trim();
  if (!/^[\w.~+/=-]+$/.test(token)) return Promise.reject(unavailable(connection));
  return Promise.resolve({ authorization: `Bearer ${token}` });
}

const unavailable = (connection: string, options: ErrorOptions = {}) =>
  new CallRefused(
    'credential_unavailable',
    `the gateway has no credential for connection ${connection} at the moment`,
    options,
  );
