interface Term {
  readonly field: string;
  readonly equals: boolean;
  readonly value: string;
}

/**
 * Reads a field selector for the one thing the apiserver takes from it: the value that `metadata.name` must
 * equal for an object to match.
 *
 * @returns `undefined` when it does not parse; `exactName` is absent when it requires no name.
 * @see `fields.ParseSelector` and `RequiresExactMatch` in kubernetes/apimachinery, `pkg/fields/selector.go`
 */
export function parseFieldSelector(fieldSelector: string): { exactName?: string } | undefined {
  const terms = splitTerms(fieldSelector)
    .filter((term) => term !== '')
    // The apiserver sorts, so of two names it takes the smaller one.
    .sort()
    .map(parseTerm);
  if (!terms.every((term) => term !== undefined)) return undefined;
  const exact = terms.find(({ field, equals }) => equals && field === 'metadata.name');
  return exact === undefined ? {} : { exactName: exact.value };
}

function splitTerms(selector: string): string[] {
  const terms = [''];
  let escaped = false;
  for (const character of selector) {
    if (character === ',' && !escaped) {
      terms.push('');
      continue;
    }
    escaped = character === '\\' && !escaped;
    terms.push(`${terms.pop() ?? ''}${character}`);
  }
  return terms;
}

function parseTerm(term: string): Term | undefined {
  const operator = /!=|==|=/.exec(term);
  if (operator === null) return undefined;
  const value = unescape(term.slice(operator.index + operator[0].length));
  if (value === undefined) return undefined;
  return { field: term.slice(0, operator.index), equals: operator[0] !== '!=', value };
}

/** `\\`, `\,` and `\=` are the only escapes; bare, those three characters are not allowed. */
function unescape(value: string): string | undefined {
  if (!/^(?:[^\\,=]|\\[\\,=])*$/u.test(value)) return undefined;
  return value.replaceAll(/\\([\\,=])/g, '$1');
}
