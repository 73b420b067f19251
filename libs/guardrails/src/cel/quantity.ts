const suffixes: Readonly<Record<string, readonly [base: bigint, exponent: number]>> = {
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  '': [10n, 0],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
};
const form = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/;
/** Nano units: the smallest step that Kubernetes keeps. */
const NANO = 1_000_000_000n;
const MAX_INT64 = 2n ** 63n - 1n;

/** A Kubernetes quantity such as `500m` or `1.5Gi`, exact to the nano unit. */
export class Quantity {
  private constructor(readonly nanos: bigint) {}

  /** `undefined` when the text is no quantity. */
  static parse(text: string): Quantity | undefined {
    const parts = text.length > 64 ? null : form.exec(text);
    if (parts === null) return undefined;
    const [, sign, digits = '', exponent, suffix = ''] = parts;
    const [integer = '', fraction = ''] = digits.split('.');
    const mantissa = BigInt(integer + fraction) * NANO;
    const nanos = scale(mantissa, factorOf(exponent, suffix)) / 10n ** BigInt(fraction.length);
    return new Quantity(sign === '-' ? -nanos : nanos);
  }

  static of(nanos: bigint): Quantity {
    return new Quantity(nanos);
  }

  get isInteger(): boolean {
    const units = this.nanos / NANO;
    return this.nanos % NANO === 0n && units <= MAX_INT64 && units >= -MAX_INT64 - 1n;
  }

  /** @throws when it is not whole, or too large for an `int` */
  asInteger(): bigint {
    if (!this.isInteger) throw new RangeError('cannot convert value to integer');
    return this.nanos / NANO;
  }

  asApproximateFloat(): number {
    return Number(this.nanos) / Number(NANO);
  }

  compareTo(other: Quantity): bigint {
    if (this.nanos === other.nanos) return 0n;
    return this.nanos < other.nanos ? -1n : 1n;
  }

  sign(): bigint {
    return this.compareTo(new Quantity(0n));
  }
}

type Factor = readonly [base: bigint, exponent: number];

function factorOf(exponent: string | undefined, suffix: string): Factor {
  return exponent === undefined ? (suffixes[suffix] ?? [10n, 0]) : [10n, Number(exponent.slice(1))];
}

function scale(value: bigint, [base, power]: Factor): bigint {
  return power < 0 ? value / base ** BigInt(-power) : value * base ** BigInt(power);
}
