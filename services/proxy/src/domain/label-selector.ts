const WORD = '[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const KEY = String.raw`(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?${WORD}`;
const VALUE = new RegExp(`^(?:${WORD})?$`);

const EXISTS = new RegExp(`^!? *${KEY}$`);
const EQUALS = new RegExp(`^${KEY} *(?:=|==|!=) *(?:${WORD})?$`);
const IN_SET = new RegExp(String.raw`^${KEY} +(?:in|notin) *\(([^()]*)\)$`);

/**
 * Whether a text is one of the forms of `labels.Parse` that clients write.
 *
 * Anybody may send one, before they have shown a token: so it takes time proportional to its length. What has
 * a list inside is taken apart first, because one expression over all of it could try every split of its
 * spaces.
 */
export function isLabelSelector(selector: string): boolean {
  return selector === '' || splitRequirements(selector).every(isRequirement);
}

/** At commas that are not between parentheses. */
function splitRequirements(selector: string): readonly string[] {
  const requirements: string[] = [];
  let start = 0;
  let inside = false;
  for (const { 0: found, index } of selector.matchAll(/[(),]/g)) {
    if (found === ',' && !inside) {
      requirements.push(selector.slice(start, index));
      start = index + 1;
    } else if (found !== ',') {
      inside = found === '(';
    }
  }
  return [...requirements, selector.slice(start)];
}

function isRequirement(text: string): boolean {
  const requirement = trimSpaces(text);
  if (EXISTS.test(requirement) || EQUALS.test(requirement)) return true;
  const values = IN_SET.exec(requirement)?.[1];
  return values?.split(',').every((value) => VALUE.test(trimSpaces(value))) ?? false;
}

/** Spaces only: to the apiserver a tab is no space. */
function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (text[start] === ' ') start += 1;
  while (end > start && text[end - 1] === ' ') end -= 1;
  return text.slice(start, end);
}
