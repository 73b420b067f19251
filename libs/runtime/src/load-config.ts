import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { AppError } from '@drawbridge/kernel';

export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** The environment is not usable. Names every bad variable, and never the value of one. */
export class ConfigInvalid extends AppError<'config_invalid'> {
  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`);
    super(
      'config_invalid',
      `the configuration has ${problems.length} problem(s):\n${lines.join('\n')}`,
    );
  }
}

/**
 * Reads the environment into a typed configuration. A variable that is set to the empty string counts as
 * absent, as compose files leave it.
 *
 * @throws {@link ConfigInvalid} with every problem, not only the first
 */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): z.infer<Schema> {
  const present = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const parsed = schema.safeParse(Object.fromEntries(present));
  if (parsed.success) return parsed.data;
  throw new ConfigInvalid(
    parsed.error.issues.map(({ path, message, code, input }) => ({
      variable: path.join('.') || '(environment)',
      message: code === 'invalid_type' && input === undefined ? 'is required' : message,
    })),
  );
}

/**
 * Reads a secret from the file that a `…_FILE` variable names; trailing line breaks are not part of it.
 *
 * @throws {@link ConfigInvalid} when the file cannot be read or is empty
 */
export function readSecretFile(variable: string, path: string): string {
  const problem = (message: string) => new ConfigInvalid([{ variable, message }]);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw problem(`the file "${path}" cannot be read`);
  }
  const secret = text.replace(/[\r\n]+$/, '');
  if (secret === '') throw problem(`the file "${path}" is empty`);
  return secret;
}
