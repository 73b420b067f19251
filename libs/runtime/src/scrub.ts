const REDACTED = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_STRING = 8_192;

/** Names whose text value is never logged: `accessToken`, `slack_signing_secret`, `set-cookie`, … */
const SECRET_NAME =
  /(authorization|cookie|token|secret|password|passwd|passphrase|credentials?|private[-_]?key|api[-_]?key|signature|assertion|kubeconfig)$/i;

/** Text that is a secret whatever it is called. */
const SECRET_TEXT = [
  // JWT: three base64url parts, the first a JSON object.
  /\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*/g,
  // Slack tokens: xoxb-, xoxp-, xapp-, …
  /\bx(?:ox[a-z]|app)(?:[-.])[A-Za-z0-9-]{6,}/g,
  // PEM private keys and certificates, complete or cut off.
  /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g,
  // Authorization header values.
  /\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  // AWS access key ids and presigned EKS tokens.
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bk8s-aws-v1\.[A-Za-z0-9_-]{8,}/g,
  // user:password@ in an address.
  /(?<=:\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g,
];

/** A copy of `value` that may be logged: secrets by name or by look replaced, size and depth bounded. */
export function scrub(value: unknown): unknown {
  return copy(value, 0, new Set());
}

/** `text` without anything that looks like a secret. */
export function scrubText(text: string): string {
  const clean = SECRET_TEXT.reduce((left, secret) => left.replace(secret, REDACTED), text);
  return clean.length > MAX_STRING ? `${clean.slice(0, MAX_STRING)}… (cut)` : clean;
}

function copy(value: unknown, depth: number, above: ReadonlySet<object>): unknown {
  if (typeof value === 'object' && value !== null) return copyObject(value, depth, above);
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
}

function copyObject(value: object, depth: number, above: ReadonlySet<object>): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value;
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (depth >= MAX_DEPTH || above.has(value)) return '(omitted)';
  const within = new Set(above).add(value);
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ITEMS).map((item) => copy(item, depth + 1, within));
  }
  const fields = entriesOf(value);
  return Object.fromEntries(
    fields
      .slice(0, MAX_ITEMS)
      .map(([name, item]) => [name, field(name, item, (inner) => copy(inner, depth + 1, within))]),
  );
}

function field(name: string, item: unknown, inner: (item: unknown) => unknown): unknown {
  const plain =
    item === undefined || item === null || typeof item === 'boolean' || typeof item === 'number';
  return !plain && SECRET_NAME.test(name) ? REDACTED : inner(item);
}

function entriesOf(value: object): [string, unknown][] {
  try {
    return value instanceof Error ? fieldsOfError(value) : Object.entries(value);
  } catch {
    // An accessor threw: logging must not.
    return [['unreadable', true]];
  }
}

/** An error's own fields may hold requests and headers of a client library: only what we know is taken. */
function fieldsOfError(error: Error): [string, unknown][] {
  const code: unknown = Reflect.get(error, 'code');
  return [
    ['type', error.name],
    ['message', error.message],
    ...(typeof code === 'string' || typeof code === 'number'
      ? [['code', code] as [string, unknown]]
      : []),
    ['stack', error.stack],
    ...(error.cause === undefined ? [] : [['cause', error.cause] as [string, unknown]]),
  ];
}
