const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 63;
const MAX_SUBDOMAIN = 253;

/** An operator or a word, behind any number of blanks. */
const TOKEN = /[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+)/y;
const words = /^[^=!(),<>]/;
const exact = new Set(['=', '==', '!=']);
const compared = new Set(['<', '>']);
const sets = new Set(['in', 'notin']);

/**
 * Whether `labels.Parse` of the apiserver accepts a text: its grammar, token by token.
 *
 * Anybody may send one, before they have shown a token: so it takes time proportional to its length.
 *
 * @see `Parser` in kubernetes/apimachinery, pkg/labels/selector.go
 */
export function isLabelSelector(selector: string): boolean {
  return new Tokens(selector).areRequirements();
}

class Tokens {
  #at = 0;
  /** The next token; `undefined` at the end. */
  #next: string | undefined;

  constructor(private readonly text: string) {
    this.#next = this.#read();
  }

  areRequirements(): boolean {
    if (this.#next === undefined) return true;
    while (this.#isRequirement()) {
      const behind = this.#take();
      if (behind === undefined) return true;
      if (behind !== ',') return false;
    }
    return false;
  }

  #isRequirement(): boolean {
    const first = this.#take();
    const key = first === '!' ? this.#take() : first;
    if (!isKey(key)) return false;
    if (first === '!' || this.#next === undefined || this.#next === ',') return true;
    const operator = this.#take() ?? '';
    if (sets.has(operator)) return this.#isSet();
    if (exact.has(operator)) return this.#isExactValue();
    return compared.has(operator) && isInteger(this.#take());
  }

  #isExactValue(): boolean {
    if (this.#next === undefined || this.#next === ',') return true;
    return isValue(this.#take());
  }

  /** Values in parentheses; any of them may be empty. */
  #isSet(): boolean {
    if (this.#take() !== '(') return false;
    for (;;) {
      if (isWord(this.#next) && !isValue(this.#take())) return false;
      const behind = this.#take();
      if (behind === ')') return true;
      if (behind !== ',') return false;
    }
  }

  #take(): string | undefined {
    const token = this.#next;
    this.#next = this.#read();
    return token;
  }

  #read(): string | undefined {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.text);
    this.#at = found === null ? this.text.length : TOKEN.lastIndex;
    return found?.[1];
  }
}

const isWord = (token: string | undefined): token is string =>
  token !== undefined && words.test(token);

const isName = (text: string): boolean => text.length <= MAX_NAME && NAME.test(text);

const isValue = (token: string | undefined): boolean => isWord(token) && isName(token);

/** `name` or `prefix/name`. */
function isKey(token: string | undefined): boolean {
  if (!isWord(token)) return false;
  const [name = '', prefix, more] = token.split('/', 3).toReversed();
  if (more !== undefined || !isName(name)) return false;
  return prefix === undefined || (prefix.length <= MAX_SUBDOMAIN && SUBDOMAIN.test(prefix));
}

/** As `strconv.ParseInt` reads it, where it is a label value too. */
function isInteger(token: string | undefined): boolean {
  return isValue(token) && /^[0-9]{1,19}$/.test(token ?? '') && BigInt(token ?? '') < 2n ** 63n;
}
