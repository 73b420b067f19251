import { readFile } from 'node:fs/promises';
import type { MaterialSource } from '@drawbridge/contracts';
import { CredentialFailure, systemCode } from './credential-failure.js';
import type { SecretReader } from './secret-reader.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where secret texts come from. */
export interface MaterialPlaces {
  readonly environment: Environment;
  readonly secrets: SecretReader;
}

/** One secret text: how to read it, and for how long it is believed. */
export interface Material {
  read(signal: AbortSignal): Promise<string>;
  readonly usableMs: number;
  readonly renewAfterMs: number;
  readonly whileIdle: boolean;
  /** How soon it may be read again because the cluster refused it. */
  readonly minAgeMs: number;
}

/** A file is read again every second while it is used; one that is gone or wrong is no credential for long. */
const fileTimes = { usableMs: 3_000, renewAfterMs: 1_000, whileIdle: false, minAgeMs: 0 };
/** A Secret outlives a short absence of the API server that it is read from. */
const secretTimes = { usableMs: 300_000, renewAfterMs: 30_000, whileIdle: true, minAgeMs: 1_000 };
const constantTimes = { usableMs: Infinity, renewAfterMs: Infinity, whileIdle: false, minAgeMs: 0 };

export function materialOf(source: MaterialSource, places: MaterialPlaces): Material {
  const { file, environmentVariable, secret } = source;
  if (file !== undefined) return { ...fileTimes, read: () => readText(file) };
  if (secret !== undefined) {
    return { ...secretTimes, read: (signal) => places.secrets.read(secret, signal) };
  }
  const name = environmentVariable ?? '';
  return { ...constantTimes, read: () => readVariable(places.environment, name) };
}

/** @throws {@link CredentialFailure} that names the file, never what stands in it */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CredentialFailure(`${file} cannot be read (${systemCode(error)})`);
  }
}

function readVariable(environment: Environment, name: string): Promise<string> {
  const value = environment[name];
  if (value !== undefined && value !== '') return Promise.resolve(value);
  return Promise.reject(new CredentialFailure(`the variable ${name} is not set`));
}

/** Several texts that belong together are read as often as the one that changes most. */
export function together(materials: readonly Material[]): Omit<Material, 'read'> {
  return {
    usableMs: Math.min(...materials.map(({ usableMs }) => usableMs)),
    renewAfterMs: Math.min(...materials.map(({ renewAfterMs }) => renewAfterMs)),
    whileIdle: materials.some(({ whileIdle }) => whileIdle),
    minAgeMs: Math.max(...materials.map(({ minAgeMs }) => minAgeMs)),
  };
}
