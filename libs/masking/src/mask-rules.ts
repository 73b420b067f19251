import type { Rewrite, Rule, Scalar, Slice } from '@drawbridge/json-stream';
import { asRead } from './as-read.js';
import { looksEncoded } from './looks-encoded.js';
import { isSecretName } from './secret-name.js';
import type { ValueMasks } from './value-masks.js';

/** What a call is about, as in its URL. */
export interface MaskTarget {
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
}

/** A document that stands as text in another one. */
export type MaskInner = (value: Scalar) => Uint8Array | undefined;

const [DASH, SPACE, BACKSLASH] = [0x2d, 0x20, 0x5c];
/** `\n`, `\r` and `\t`. */
const ESCAPED_SPACE = new Set([0x6e, 0x72, 0x74]);
const MESSAGE = [...Buffer.from('message')];
const BRACES = new Set([0x7b, 0x5b]);
/** gzip, in base64: how Helm keeps a release. */
const GZIP = 'H4sI';

/**
 * What is masked of a type. Paths begin with `**`: so they hold for an object, for the items of a list, what a watch
 * or a table wraps, and whatever a client may ask to get instead.
 */
export function maskRules(
  target: MaskTarget,
  masks: ValueMasks,
  inner: MaskInner,
): readonly Rule[] {
  return [...everywhere(masks, inner), ...ofType(target, masks)];
}

/** For every type, own types of a cluster too: by names and by what stands there. */
function everywhere(masks: ValueMasks, inner: MaskInner): readonly Rule[] {
  const stays = masks.hasOwnPatterns ? undefined : 'short-unless-named';
  type Named = NonNullable<Rewrite['named']>;
  const text = (scalar: Rewrite['scalar'], named: Named, short?: typeof stays): Rewrite => ({
    scalar,
    named,
    large: () => masks.digest('large'),
    stays: short,
  });
  const isNamed = (value: Scalar, where: 'anywhere' | 'end'): boolean =>
    value.isString && value.name !== undefined && isSecretName(asRead(value.name), where);
  const whatItIs: Rewrite['scalar'] = (value) => {
    if (isNamed(value, 'end')) return masks.whole('field', value);
    return isMessage(value) ? masks.message(value) : masks.parts(value);
  };
  const field = text(whatItIs, 'member', stays);
  const ofPair: Rewrite['scalar'] = (value) =>
    isNamed(value, 'anywhere') ? masks.whole('field', value) : masks.parts(value);
  const pair = text(ofPair, 'label', stays);
  const ofVariable: Rewrite['scalar'] = (value) => {
    const isSecret = value.name === undefined || isSecretName(asRead(value.name), 'anywhere');
    return isSecret ? masks.whole('env', value) : masks.parts(value);
  };
  const variable = text(ofVariable, 'label', stays);
  const argument = text((value) => {
    const isSecret = isFlag(value) && isNamed(value, 'end');
    return isSecret ? masks.whole('argument', value) : masks.parts(value);
  }, 'previous');
  const ofAnnotation: Rewrite['scalar'] = (value) => {
    const isDocument = value.isString && BRACES.has(firstByte(value.raw));
    return isDocument ? inner(value) : field.scalar(value);
  };
  const annotation = text(ofAnnotation, 'member', stays);
  // A Secret that stands in another object: what it is may come after its values.
  const nested = text(
    (value) => (looksEncoded(value) ? masks.wholeEncoded('secret', value) : field.scalar(value)),
    'member',
  );
  const nestedText = text((value) => masks.whole('secret', value), 'member');
  return [
    { path: ['**'], rewrite: field },
    ...tables(masks, field),
    { path: ['**', 'data', '*'], rewrite: nested },
    { path: ['**', 'stringData', '*'], rewrite: nestedText },
    { path: ['**', '[]', 'name'], label: true },
    { path: ['**', '[]', 'value'], rewrite: pair },
    { path: ['**', 'env', '[]', 'value'], rewrite: variable },
    { path: ['**', 'command', '[]'], rewrite: argument },
    { path: ['**', 'args', '[]'], rewrite: argument },
    { path: ['**', 'annotations', '*'], rewrite: annotation },
    // Names of fields only; and what a client must be able to send back.
    { path: ['**', 'metadata', 'managedFields'], leave: true },
    { path: ['**', 'metadata', 'continue'], leave: true },
    { path: ['**', 'metadata', 'resourceVersion'], leave: true },
    { path: ['**', 'metadata', 'uid'], leave: true },
  ];
}

/** A table, or one in a watch: deeper down, these are members of something else. */
function tables(masks: ValueMasks, field: Rewrite): readonly Rule[] {
  const begin = () => {
    masks.columns.begin();
    return undefined;
  };
  const named = (value: Scalar) => {
    masks.columns.add(value);
    return field.scalar(value);
  };
  const row = () => masks.columns.row(masks.cell);
  return [[], ['object']].flatMap((table) => [
    { path: [...table, 'columnDefinitions'], rewrite: { ...field, container: begin } },
    {
      path: [...table, 'columnDefinitions', '[]', 'name'],
      rewrite: { ...field, scalar: named, stays: undefined },
    },
    { path: [...table, 'rows', '[]', 'cells'], rewrite: { ...field, container: row } },
  ]);
}

/** What a server says of something: in a Status, its causes, an event, a condition. */
function isMessage({ isString, name }: Scalar): boolean {
  if (!isString || name === undefined || name.end - name.start !== MESSAGE.length) return false;
  for (let at = 0; at < MESSAGE.length; at += 1) {
    if (name.bytes[name.start + at] !== MESSAGE[at]) return false;
  }
  return true;
}

/** Of a text, behind the space that JSON allows before a document; 0 when there is nothing else. */
function firstByte({ bytes, start, end }: Slice): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    const isEscaped = byte === BACKSLASH && at + 1 < end && ESCAPED_SPACE.has(bytes[at + 1] ?? 0);
    if (byte !== SPACE && !isEscaped) return byte;
    at += isEscaped ? 2 : 1;
  }
  return 0;
}

/** `--password`, before its value: not `--password=x`, which says it itself. */
function isFlag({ name }: Scalar): boolean {
  return name !== undefined && name.bytes[name.start] === DASH;
}

function ofType(
  { apiGroup, resource, subresource }: MaskTarget,
  masks: ValueMasks,
): readonly Rule[] {
  if (apiGroup !== '') return [];
  if (resource === 'secrets') return secretRules(masks);
  if (resource === 'configmaps') return configMapRules(masks);
  return resource === 'serviceaccounts' && subresource === 'token' ? tokenRules(masks) : [];
}

/** Keys, type and `immutable` stay. */
function secretRules(masks: ValueMasks): readonly Rule[] {
  const encoded = () => masks.digest('secret', true);
  const plain = () => masks.digest('secret');
  const data: Rewrite = {
    scalar: (value) => masks.wholeEncoded('secret', value),
    container: encoded,
    large: encoded,
  };
  const text: Rewrite = {
    scalar: (value) => masks.whole('secret', value),
    container: plain,
    large: plain,
  };
  // What is no object where one should be is masked itself.
  const [notData, notText] = [data, text].map(({ scalar }): Rewrite => ({ scalar }));
  if (notData === undefined || notText === undefined) return [];
  return [
    { path: ['**', 'data'], rewrite: notData },
    { path: ['**', 'stringData'], rewrite: notText },
    { path: ['**', 'data', '*'], rewrite: data },
    { path: ['**', 'data', '[]'], rewrite: data },
    { path: ['**', 'stringData', '*'], rewrite: text },
    { path: ['**', 'stringData', '[]'], rewrite: text },
  ];
}

function configMapRules(masks: ValueMasks): readonly Rule[] {
  const large = () => masks.digest('large');
  const value: Rewrite = {
    scalar: (each) => {
      const isRelease = each.isString && startsWith(each, GZIP);
      const isNamed = each.name !== undefined && isSecretName(asRead(each.name), 'anywhere');
      return isRelease || isNamed ? masks.whole('config', each) : masks.parts(each);
    },
    named: 'member',
    large,
  };
  const binary: Rewrite = {
    scalar: (each) =>
      each.name !== undefined && isSecretName(asRead(each.name), 'anywhere')
        ? masks.wholeEncoded('config', each)
        : masks.partsEncoded('config', each),
    named: 'member',
    large: () => masks.digest('large', true),
  };
  return [
    { path: ['**', 'data', '*'], rewrite: value },
    { path: ['**', 'binaryData', '*'], rewrite: binary },
  ];
}

const tokenRules = (masks: ValueMasks): readonly Rule[] => [
  {
    path: ['**', 'status', 'token'],
    rewrite: {
      scalar: (value) => masks.whole('token', value),
      container: () => masks.digest('token'),
      large: () => masks.digest('token'),
    },
  },
];

function startsWith({ raw }: Scalar, text: string): boolean {
  if (raw.end - raw.start < text.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (raw.bytes[raw.start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
