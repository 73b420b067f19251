import { classOf, DIGIT, LETTER_OR_DIGIT, UPPER } from './text-class.js';

/** A token that is known by how it begins. */
export interface KnownToken {
  readonly kind: string;
  readonly prefix: string;
  /** Characters behind the prefix. */
  readonly characters: 'upper' | 'word' | 'dotted' | 'base64';
  /** How many of them there are at least; a token takes all that follow. */
  readonly min: number;
}

const of = (
  kind: string,
  prefixes: readonly string[],
  [characters, min]: readonly [KnownToken['characters'], number],
): readonly KnownToken[] => prefixes.map((prefix) => ({ kind, prefix, characters, min }));

/**
 * Tokens whose makers gave them a beginning of their own, so that they can be found. Those that are `dotted` also have
 * to be in `beginnings` of kernel/sieve.as.
 */
export const knownTokens: readonly KnownToken[] = [
  ...of('aws-access-key-id', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], ['upper', 16]),
  ...of('eks-token', ['k8s-aws-v1.'], ['dotted', 20]),
  ...of('gcp-api-key', ['AIza'], ['word', 35]),
  ...of('gcp-oauth-token', ['ya29.'], ['dotted', 20]),
  ...of('gcp-oauth-secret', ['GOCSPX-'], ['word', 20]),
  ...of('github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], ['word', 36]),
  ...of('github-token', ['github_pat_'], ['word', 22]),
  ...of('gitlab-token', ['glpat-', 'gldt-', 'glrt-'], ['word', 20]),
  ...of(
    'slack-token',
    ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xapp-'],
    ['dotted', 10],
  ),
  ...of('stripe-key', ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'whsec_'], ['word', 16]),
  ...of('npm-token', ['npm_'], ['word', 36]),
  ...of('pypi-token', ['pypi-AgE'], ['word', 40]),
  ...of('docker-token', ['dckr_pat_', 'dckr_oat_'], ['word', 20]),
  ...of('sendgrid-key', ['SG.'], ['dotted', 40]),
  ...of('vault-token', ['hvs.', 'hvb.', 'hvr.'], ['dotted', 20]),
  ...of('model-api-key', ['sk-ant-', 'sk-proj-', 'sk-svcacct-'], ['word', 20]),
  ...of('age-key', ['AGE-SECRET-KEY-1'], ['upper', 40]),
];

const extra: Readonly<Record<KnownToken['characters'], string>> = {
  upper: '',
  word: '_-',
  dotted: '_-.',
  base64: '+/_-',
};

/** Whether a byte may stand behind the prefix of a token. */
export function belongs(characters: KnownToken['characters'], byte: number): boolean {
  const bits = characters === 'upper' ? UPPER | DIGIT : LETTER_OR_DIGIT;
  return (
    ((classOf[byte] ?? 0) & bits) !== 0 || extra[characters].includes(String.fromCharCode(byte))
  );
}

/** Without dots, so that each is one run of letters: of 20 of them at least, as kernel/sieve.as has it. */
export const longTokens: readonly KnownToken[] = knownTokens.filter(
  ({ characters }) => characters !== 'dotted',
);

/** The first two bytes of a token. */
const firsts: Uint8Array = new Uint8Array(65_536);
// Web tokens, see web-token.ts.
for (const prefix of ['ey', ...knownTokens.map((token) => token.prefix)]) {
  firsts[(prefix.charCodeAt(0) << 8) | prefix.charCodeAt(1)] = 1;
}

const byFirst = Array.from({ length: 256 }, (_, byte) =>
  knownTokens.filter(({ prefix }) => prefix.charCodeAt(0) === byte),
);

/** Whether a token may begin at `at`. */
export const mayBegin = (bytes: Uint8Array, at: number): boolean =>
  firsts[((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)] === 1;

/** The token that begins at `at`, by its prefix alone. */
export function knownTokenAt(bytes: Uint8Array, at: number, end: number): KnownToken | undefined {
  return byFirst[bytes[at] ?? 0]?.find(({ prefix }) => isText(bytes, at, end, prefix));
}

function isText(bytes: Uint8Array, ...[at, end, text]: [number, number, string]): boolean {
  if (end - at < text.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
