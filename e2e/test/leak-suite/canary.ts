import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';

/** A value that nobody but the cluster may know, made for one place. */
export interface Canary {
  /** Where it was planted and what it looks like. */
  readonly name: string;
  /** As it is planted. */
  readonly text: string;
  /** What gives it away: parts of it, so that half a secret counts. */
  readonly parts: readonly string[];
}

const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const CAPITALS = SMALL.toUpperCase();
const DIGITS = '0123456789';
const SHORTEST_PART = 8;
/** Of one kind of letters each, in a token: a letter. */
const FEWEST_RUNS = 0.4;

const draw = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? '').join('');

/** Both halves, because a mask that slips covers one of them. */
function halves(secret: string): readonly string[] {
  const middle = Math.floor(secret.length / 2);
  const parts = [secret.slice(0, middle), secret.slice(middle)];
  return parts.every(({ length }) => length >= SHORTEST_PART) ? parts : [secret];
}

/** What a secret can look like; `text` is what stands around it. */
interface Shape {
  readonly look: string;
  readonly make: () => { readonly secret: string; readonly text?: string };
}

/** No pattern finds it: only who knows the place can. */
const word = () => draw(SMALL, 20);
const drawn = () => `${draw(SMALL, 3)}${draw(CAPITALS, 3)}${draw(SMALL + CAPITALS + DIGITS, 34)}`;
/** What is drawn by chance does not always look so, see README of masking: one in 200 has no digit or long runs. */
function token(): string {
  for (;;) {
    const text = drawn();
    const runs = text.match(/[a-z]+|[A-Z]+|\d+/g) ?? [];
    if (/\d.*\d/.test(text) && runs.length >= text.length * FEWEST_RUNS) return text;
  }
}

const shapes: readonly Shape[] = [
  { look: 'label', make: () => within(word(), (secret) => `login failed, password=${secret}`) },
  { look: 'url', make: () => within(word(), (secret) => `postgres://app:${secret}@db:5432/app`) },
  { look: 'bearer', make: () => within(token(), (secret) => `Authorization: Bearer ${secret}`) },
  { look: 'github', make: () => within(token().slice(0, 36), (secret) => `ghp_${secret}`) },
  { look: 'aws', make: () => within(draw(CAPITALS + DIGITS, 16), (secret) => `AKIA${secret}`) },
  { look: 'unknown', make: () => ({ secret: token() }) },
  { look: 'card', make: () => within(cardNumber(), (secret) => `charged ${secret} twice`) },
];

const within = (secret: string, around: (secret: string) => string) => ({
  secret,
  text: around(secret),
});

/** Sixteen digits with a right checksum. */
function cardNumber(): string {
  const digits = `4${draw(DIGITS, 14)}`;
  const sum = Array.from(digits).reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** Makes canaries, and knows all that it made. */
export class Canaries {
  readonly #all: Canary[] = [];

  /** One that only its place gives away. */
  word(place: string): string {
    return this.#keep(place, 'word', { secret: word() });
  }

  /** One that looks like a secret wherever it stands. */
  token(place: string): string {
    return this.#keep(place, 'token', { secret: token() });
  }

  /** One behind `password=`: what a mask of texts has to find. */
  label(place: string): string {
    return this.#keep(
      place,
      'label',
      within(word(), (secret) => `password=${secret}`),
    );
  }

  /** A URL that holds one. */
  url(place: string): string {
    return this.#keep(
      place,
      'url',
      within(word(), (secret) => `https://app:${secret}@db.test/`),
    );
  }

  /** A text with one canary of every look, a line each. */
  text(place: string): string {
    return shapes.map(({ look, make }) => this.#keep(place, look, make())).join('\n');
  }

  /** A private key as a file. */
  privateKey(place: string): string {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const secret = pem.split('\n').slice(1, -2).join('\n').slice(-72);
    const parts = secret.split('\n').filter(({ length }) => length > SHORTEST_PART);
    this.#all.push({ name: `${place}/private key`, text: pem, parts });
    return pem;
  }

  /** What the cluster itself made up. */
  known(place: string, text: string): void {
    this.#keep(place, 'made by the cluster', { secret: text });
  }

  get all(): readonly Canary[] {
    return this.#all;
  }

  #keep(place: string, look: string, made: ReturnType<Shape['make']>): string {
    const { secret, text = secret } = made;
    const parts = look === 'card' ? [secret] : halves(secret);
    this.#all.push({ name: `${place}/${look}`, text, parts });
    return text;
  }
}

/** A name nothing else has. */
export const freshName = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;
