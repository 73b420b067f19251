import { isIPv4, isIPv6 } from 'node:net';

/** An IP address as Kubernetes' CEL library reads it: no zone, no IPv4 inside IPv6, no leading zeros. */
export class IpAddress {
  private constructor(
    readonly family: 4 | 6,
    readonly bits: bigint,
  ) {}

  static parse(text: string): IpAddress | undefined {
    if (isIPv4(text)) return new IpAddress(4, bitsOf(text.split('.').map(Number), 8n));
    if (!isIPv6(text) || text.includes('%') || text.includes('.')) return undefined;
    return new IpAddress(6, bitsOf(groupsOf(text), 16n));
  }

  static of(family: 4 | 6, bits: bigint): IpAddress {
    return new IpAddress(family, bits);
  }

  get width(): number {
    return this.family === 4 ? 32 : 128;
  }

  /** One spelling for each address: IPv6 in groups without leading zeros, the longest run of zeros left out. */
  toString(): string {
    if (this.family === 4) return partsOf(this.bits, 8n, 4).join('.');
    const groups = partsOf(this.bits, 16n, 8).map((group) => group.toString(16));
    const text = groups.join(':');
    const [longest = ''] = (text.match(/\b0(:0)+\b/g) ?? []).toSorted(
      (one, other) => other.length - one.length,
    );
    return longest === '' ? text : text.replace(longest, '').replace(/^:?:?$|^:|:$|::/, '::');
  }
}

/** An address range such as `10.0.0.0/8`. */
export class Cidr {
  private constructor(
    readonly address: IpAddress,
    readonly prefixLength: number,
  ) {}

  static parse(text: string): Cidr | undefined {
    const [, address = '', length = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
    const ip = IpAddress.parse(address);
    if (ip === undefined || Number(length) > ip.width) return undefined;
    return new Cidr(ip, Number(length));
  }

  get masked(): Cidr {
    const shift = BigInt(this.address.width - this.prefixLength);
    const bits = (this.address.bits >> shift) << shift;
    return new Cidr(IpAddress.of(this.address.family, bits), this.prefixLength);
  }

  contains(address: IpAddress): boolean {
    const shift = BigInt(this.address.width - this.prefixLength);
    return (
      address.family === this.address.family && address.bits >> shift === this.address.bits >> shift
    );
  }

  containsRange(other: Cidr): boolean {
    return other.prefixLength >= this.prefixLength && this.contains(other.address);
  }

  toString(): string {
    return `${this.address.toString()}/${this.prefixLength}`;
  }
}

function bitsOf(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);
}

function partsOf(bits: bigint, width: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Number((bits >> (width * BigInt(count - 1 - index))) & ((1n << width) - 1n)),
  );
}

function groupsOf(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const numbers = (side: string) =>
    side === '' ? [] : side.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return numbers(head);
  const [before, after] = [numbers(head), numbers(tail)];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
