const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON that every reader takes to mean the same.
 *
 * @returns `undefined` for what is no JSON, is not UTF-8, or has a member twice: of those Go merges some and
 *   JavaScript takes the last
 */
export function readJson(bytes: Uint8Array): unknown {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return hasEachMemberOnce(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of valid JSON: whether no object has two members of the same name, however they are escaped. */
function hasEachMemberOnce(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const isNew = !isName(text, end) || takes(open.at(-1), nameOf(text.slice(at, end)));
      if (!isNew) return false;
      at = end;
      continue;
    }
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    at += 1;
  }
  return true;
}

/** @returns whether the object does not have this member yet; a list has none */
function takes(members: Set<string> | undefined, name: string): boolean {
  if (members?.has(name) === true) return false;
  members?.add(name);
  return true;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Within an object a string before a colon is the name of a member. */
function isName(text: string, end: number): boolean {
  let at = end;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return text[at] === ':';
}

function nameOf(quoted: string): string {
  const name: unknown = quoted.includes('\\') ? JSON.parse(quoted) : quoted.slice(1, -1);
  return typeof name === 'string' ? name : quoted;
}
