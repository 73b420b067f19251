import { textOf, type Slice } from '@drawbridge/json-stream';

const BACKSLASH = 0x5c;

/** A name as its readers know it, `pass\u0077ord` as `password`; as it stands there when it is no JSON. */
export function asRead(name: Slice): Slice {
  for (let at = name.start; at < name.end; at += 1) {
    if (name.bytes[at] === BACKSLASH) return decoded(name);
  }
  return name;
}

function decoded(name: Slice): Slice {
  const text = textOf(name);
  if (text === undefined) return name;
  const bytes = Buffer.from(text);
  return { bytes, start: 0, end: bytes.length };
}
