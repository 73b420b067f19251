/** What a receiver reads in a line of CEF; throws for what none would take. */
export interface ReadCef {
  readonly header: readonly string[];
  readonly extension: Readonly<Record<string, string>>;
}

/** Reads CEF as ArcSight describes it: `|` ends a field of the header, ` key=` begins a value, `\` escapes. */
export function readCef(line: string): ReadCef {
  if (/[\r\n]/.test(line)) throw new Error('CEF is one line');
  const { fields, rest } = splitHeader(line);
  const extension: Record<string, string> = {};
  const keys = [...rest.matchAll(/(?<=^| )([A-Za-z][A-Za-z0-9]*)=/g)];
  keys.forEach((match, index) => {
    const end = keys[index + 1]?.index ?? rest.length + 1;
    const value = rest.slice(match.index + match[0].length, end - 1);
    if (/(?<!\\)(\\\\)*=/.test(value)) throw new Error(`an unescaped = in ${match[1] ?? ''}`);
    const [, key = ''] = match;
    if (key in extension) throw new Error(`${key} is there twice`);
    extension[key] = value.replace(/\\([\\=])/g, '$1');
  });
  return { header: fields, extension };
}

function splitHeader(line: string): { fields: readonly string[]; rest: string } {
  const fields: string[] = [];
  let field = '';
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (letter === '\\') field += line.charAt((at += 1));
    else if (letter === '|') {
      fields.push(field);
      field = '';
      if (fields.length === 7) return { fields, rest: line.slice(at + 1) };
    } else field += letter;
  }
  throw new Error('a header of CEF has seven fields');
}
