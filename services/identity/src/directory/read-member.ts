import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { IssuerDocument } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import { boundedFetch } from '@drawbridge/runtime';
import { valuesAt } from './values-at.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

/** The directory said nothing about somebody that can be used; what it said before stands. */
export class DirectoryUnusable extends AppError<
  | 'directory_unreachable'
  | 'directory_answer_invalid'
  | 'directory_subject_refused'
  | 'directory_token_unusable'
> {}

/** What a directory says of a subject. */
export interface Reading {
  readonly isGone: boolean;
  readonly groups: readonly string[];
}

/** The parts of an issuer document that a directory is asked with. */
export type DirectorySpec = Pick<
  IssuerDocument['spec'],
  'allowInsecureHttp' | 'certificateAuthorityFile'
> & {
  readonly directory: NonNullable<IssuerDocument['spec']['directory']>;
  /** As tokens of the issuer get it. */
  readonly groupsPrefix?: string;
};

const gone: Reading = { isGone: true, groups: [] };
const Groups = z.array(z.string().min(1).max(256)).max(1_000);
const Inactive = z.looseObject({ active: z.literal(false) });

/**
 * Asks the directory of an issuer about one subject.
 *
 * @throws {@link DirectoryUnusable}
 */
export async function readMember(spec: DirectorySpec, subject: string): Promise<Reading> {
  const { directory, allowInsecureHttp, certificateAuthorityFile: authority } = spec;
  const address = directory.url.replace('{subject}', () => escaped(subject));
  const options = {
    headers: { authorization: `Bearer ${await tokenIn(directory.tokenFile)}` },
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    allowInsecureHttp,
    ...(authority && { certificateAuthority: await fileOf(authority) }),
  };
  const answer = await boundedFetch(address, options).catch((cause: unknown) => {
    throw new DirectoryUnusable('directory_unreachable', 'no answer came', { cause });
  });
  if (answer.status === 404 || answer.status === 410) return gone;
  if (answer.status !== 200) {
    throw new DirectoryUnusable('directory_unreachable', `it answered ${answer.status}`);
  }
  const { groups, ...reading } = readingOf(parsed(await answer.text()), directory.groups);
  return { ...reading, groups: groups.map((group) => `${spec.groupsPrefix ?? ''}${group}`) };
}

function readingOf(body: unknown, pointer: string): Reading {
  if (Inactive.safeParse(body).success) return gone;
  const values = valuesAt(pointer, body);
  // A pointer to an array and one to each of its entries mean the same.
  const [only] = values ?? [];
  const groups = Groups.safeParse(values?.length === 1 && Array.isArray(only) ? only : values);
  if (groups.success) return { isGone: false, groups: [...new Set(groups.data)].toSorted() };
  throw new DirectoryUnusable('directory_answer_invalid', `no names of groups at "${pointer}"`);
}

/** A subject is one piece of a path, or it is not asked about: it comes from whoever makes tokens. */
function escaped(subject: string): string {
  if (!/^\.{0,2}$/.test(subject) && subject.isWellFormed()) return encodeURIComponent(subject);
  throw new DirectoryUnusable('directory_subject_refused', 'the subject cannot stand in a path');
}

async function tokenIn(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new DirectoryUnusable('directory_token_unusable', `"${file}" holds no token`);
}

const fileOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DirectoryUnusable('directory_unreachable', `"${file}" cannot be read`, { cause });
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DirectoryUnusable('directory_answer_invalid', 'the answer is no JSON', { cause });
  }
}
