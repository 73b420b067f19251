import {
  ConfigurationError,
  loadConfiguration,
  loadGuardrailTests,
  type Configuration,
  type LocatedGuardrailTest,
} from '@drawbridge/configuration';
import { compileGuardrails, type Guardrails } from '@drawbridge/guardrails';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { CliError } from '../cli-error.js';

export interface PolicyDirectory {
  readonly guardrails: Guardrails;
  readonly connections: Configuration['connections'];
  /** What the guardrails were made of. */
  readonly documents: Configuration['guardrails'];
}

/**
 * The guardrails of a directory, and its connections.
 *
 * @throws CliError `policy_invalid` with every problem as `file:line:column field: message`
 */
export async function readPolicies(directory: string): Promise<PolicyDirectory> {
  const { guardrails, connections } = await told(
    loadConfiguration(directory, { only: ['Guardrail', 'Connection'] }),
  );
  if (guardrails.length === 0) {
    throw new CliError('policy_invalid', `${directory} holds no document of kind Guardrail`);
  }
  return { guardrails: compileGuardrails(guardrails), connections, documents: guardrails };
}

/** @throws CliError `policy_invalid` */
export async function readTests(directory: string): Promise<readonly LocatedGuardrailTest[]> {
  const tests = await told(loadGuardrailTests(directory));
  if (tests.length > 0) return tests;
  throw new CliError('policy_invalid', `${directory} holds no test: no file *.test.yaml`);
}

/**
 * An object in YAML or JSON.
 *
 * @throws CliError `file_unreadable`
 */
export async function readObject(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'), { maxAliasCount: 50 }) as unknown;
  } catch (cause) {
    throw new CliError('file_unreadable', `${file} is no YAML or JSON that can be read`, { cause });
  }
}

async function told<Value>(loading: Promise<Value>): Promise<Value> {
  try {
    return await loading;
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause;
    throw new CliError('policy_invalid', cause.message, {
      cause,
      advice: 'docs/guardrails.md describes every field',
    });
  }
}
