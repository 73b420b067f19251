import type { Environment } from '@marcbachmann/cel-js';
import { charge } from './cost-meter.js';
import { Cidr, IpAddress } from './ip-address.js';
import { containersOf, podSpecsOf } from './pod-specs.js';
import { Quantity } from './quantity.js';
import { find, findAll, matches } from './regular-expressions.js';

/** The name under which `matches` is looked up: the library's own uses JavaScript's engine. */
export const LINEAR_MATCHES = 'linearMatches';

/** Adds what Kubernetes' policies use beyond CEL itself, and what ours use beyond that. */
export function registerFunctions(environment: Environment): void {
  registerQuantities(environment);
  registerQuantityArithmetic(environment);
  registerAddresses(environment);
  registerRanges(environment);
  registerUrls(environment);
  registerText(environment);
  registerLists(environment);
  environment
    .registerFunction(
      'podSpecs(dyn): list<dyn>',
      (object: unknown) => [...podSpecsOf(object)],
      sync,
    )
    .registerFunction(
      'containers(dyn): list<dyn>',
      (object: unknown) => [...containersOf(object)],
      sync,
    );
}

/** Without this the library would expect a promise of every function. */
const sync = { async: false };

function registerQuantities(environment: Environment): void {
  environment
    .registerType('Quantity', { ctor: Quantity, fields: {} })
    .registerFunction(
      'quantity(string): Quantity',
      (text: string) => parsed(Quantity.parse(text), 'quantity'),
      sync,
    )
    .registerFunction(
      'isQuantity(string): bool',
      (text: string) => Quantity.parse(text) !== undefined,
      sync,
    )
    .registerFunction('Quantity.isInteger(): bool', (one: Quantity) => one.isInteger, sync)
    .registerFunction('Quantity.asInteger(): int', (one: Quantity) => one.asInteger(), sync)
    .registerFunction(
      'Quantity.asApproximateFloat(): double',
      (one: Quantity) => one.asApproximateFloat(),
      sync,
    )
    .registerFunction('Quantity.sign(): int', (one: Quantity) => one.sign(), sync);
}

function registerQuantityArithmetic(environment: Environment): void {
  const number = (other: bigint) => Quantity.of(other * 1_000_000_000n);
  environment
    .registerFunction(
      'Quantity.add(Quantity): Quantity',
      (one: Quantity, other: Quantity) => Quantity.of(one.nanos + other.nanos),
      sync,
    )
    .registerFunction(
      'Quantity.add(int): Quantity',
      (one: Quantity, other: bigint) => Quantity.of(one.nanos + number(other).nanos),
      sync,
    )
    .registerFunction(
      'Quantity.sub(Quantity): Quantity',
      (one: Quantity, other: Quantity) => Quantity.of(one.nanos - other.nanos),
      sync,
    )
    .registerFunction(
      'Quantity.sub(int): Quantity',
      (one: Quantity, other: bigint) => Quantity.of(one.nanos - number(other).nanos),
      sync,
    )
    .registerFunction(
      'Quantity.isGreaterThan(Quantity): bool',
      (one: Quantity, other: Quantity) => one.nanos > other.nanos,
      sync,
    )
    .registerFunction(
      'Quantity.isLessThan(Quantity): bool',
      (one: Quantity, other: Quantity) => one.nanos < other.nanos,
      sync,
    )
    .registerFunction(
      'Quantity.compareTo(Quantity): int',
      (one: Quantity, other: Quantity) => one.compareTo(other),
      sync,
    )
    .registerOperator(
      'Quantity == Quantity',
      (one: Quantity, other: Quantity) => one.nanos === other.nanos,
    );
}

function registerAddresses(environment: Environment): void {
  const inRange = (...ranges: string[]) => {
    const cidrs = ranges.map((range) => parsed(Cidr.parse(range), 'CIDR'));
    return (address: IpAddress) => cidrs.some((cidr) => cidr.contains(address));
  };
  environment
    .registerType('IP', { ctor: IpAddress, fields: {} })
    .registerType('CIDR', { ctor: Cidr, fields: {} })
    .registerOperator('IP == IP', isSame)
    .registerOperator('CIDR == CIDR', isSame)
    .registerFunction(
      'ip(string): IP',
      (text: string) => parsed(IpAddress.parse(text), 'IP address'),
      sync,
    )
    .registerFunction(
      'isIP(string): bool',
      (text: string) => IpAddress.parse(text) !== undefined,
      sync,
    )
    .registerFunction('IP.family(): int', (one: IpAddress) => BigInt(one.family), sync)
    .registerFunction('IP.isLoopback(): bool', inRange('127.0.0.0/8', '::1/128'), sync)
    .registerFunction('IP.isUnspecified(): bool', inRange('0.0.0.0/32', '::/128'), sync)
    .registerFunction('IP.isLinkLocalUnicast(): bool', inRange('169.254.0.0/16', 'fe80::/10'), sync)
    .registerFunction('IP.isLinkLocalMulticast(): bool', inRange('224.0.0.0/24', 'ff02::/16'), sync)
    .registerFunction('string(IP): string', (one: IpAddress) => one.toString(), sync);
}

function registerRanges(environment: Environment): void {
  environment
    .registerFunction(
      'cidr(string): CIDR',
      (text: string) => parsed(Cidr.parse(text), 'CIDR'),
      sync,
    )
    .registerFunction(
      'isCIDR(string): bool',
      (text: string) => Cidr.parse(text) !== undefined,
      sync,
    )
    .registerFunction(
      'CIDR.containsIP(string): bool',
      (one: Cidr, text: string) => one.contains(parsed(IpAddress.parse(text), 'IP address')),
      sync,
    )
    .registerFunction(
      'CIDR.containsIP(IP): bool',
      (one: Cidr, ip: IpAddress) => one.contains(ip),
      sync,
    )
    .registerFunction(
      'CIDR.containsCIDR(string): bool',
      (one: Cidr, text: string) => one.containsRange(parsed(Cidr.parse(text), 'CIDR')),
      sync,
    )
    .registerFunction(
      'CIDR.containsCIDR(CIDR): bool',
      (one: Cidr, other: Cidr) => one.containsRange(other),
      sync,
    )
    .registerFunction('CIDR.ip(): IP', (one: Cidr) => one.address, sync)
    .registerFunction('CIDR.masked(): CIDR', (one: Cidr) => one.masked, sync)
    .registerFunction('CIDR.prefixLength(): int', (one: Cidr) => BigInt(one.prefixLength), sync)
    .registerFunction('string(CIDR): string', (one: Cidr) => one.toString(), sync);
}

const isSame = (one: IpAddress | Cidr, other: IpAddress | Cidr) =>
  one.toString() === other.toString();

function registerUrls(environment: Environment): void {
  environment
    .registerType('URL', { ctor: URL, fields: {} })
    .registerFunction('url(string): URL', (text: string) => parsed(parseUrl(text), 'URL'), sync)
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined, sync)
    .registerFunction('URL.getScheme(): string', (url: URL) => url.protocol.replace(/:$/, ''), sync)
    .registerFunction('URL.getHost(): string', (url: URL) => url.host, sync)
    .registerFunction(
      'URL.getHostname(): string',
      (url: URL) => url.hostname.replace(/^\[|\]$/g, ''),
      sync,
    )
    .registerFunction('URL.getPort(): string', (url: URL) => url.port, sync)
    .registerFunction('URL.getEscapedPath(): string', (url: URL) => url.pathname, sync);
}

function registerText(environment: Environment): void {
  environment
    .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, matches, sync)
    .registerFunction(`${LINEAR_MATCHES}(string, string): bool`, matches, sync)
    .registerFunction('string.charAt(int): string', charAt, sync)
    .registerFunction(
      'string.replace(string, string): string',
      (text: string, from: string, to: string) => replaceAll(text, from, to),
      sync,
    )
    .registerFunction('string.find(string): string', find, sync)
    .registerFunction(
      'string.findAll(string): list<string>',
      (text: string, source: string) => findAll(text, source),
      sync,
    )
    .registerFunction(
      'string.findAll(string, int): list<string>',
      (text: string, source: string, limit: bigint) => findAll(text, source, Number(limit)),
      sync,
    );
}

/** As in CEL: `''` behind the last character, an error further on. */
function charAt(text: string, index: bigint): string {
  const characters = Array.from(text);
  if (index < 0n || index > characters.length) throw new RangeError('index out of range');
  return characters[Number(index)] ?? '';
}

/** Charged before it is made: a short text can become a very long one. */
function replaceAll(text: string, from: string, to: string): string {
  charge((text.length * (1 + to.length)) / (32 * Math.max(1, from.length)));
  return text.replaceAll(from, () => to);
}

type Item = string | number | bigint | boolean;

function registerLists(environment: Environment): void {
  environment
    .registerFunction(
      'list.isSorted(): bool',
      (list: Item[]) =>
        list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
      sync,
    )
    .registerFunction('list.sum(): dyn', sum, sync)
    .registerFunction(
      'list.min(): dyn',
      (list: Item[]) => extreme(list, (one, other) => one < other),
      sync,
    )
    .registerFunction(
      'list.max(): dyn',
      (list: Item[]) => extreme(list, (one, other) => one > other),
      sync,
    )
    .registerFunction(
      'list.indexOf(dyn): int',
      (list: Item[], item: Item) => BigInt(list.indexOf(item)),
      sync,
    )
    .registerFunction(
      'list.lastIndexOf(dyn): int',
      (list: Item[], item: Item) => BigInt(list.lastIndexOf(item)),
      sync,
    );
}

function sum(list: Item[]): bigint | number {
  charge(list.length);
  if (list.every((item) => typeof item === 'bigint'))
    return list.reduce((one, other) => one + other, 0n);
  if (list.every((item) => typeof item === 'number'))
    return list.reduce((one, other) => one + other, 0);
  throw new TypeError('expected a list of int or of double');
}

function extreme(list: Item[], isBetter: (one: Item, other: Item) => boolean): Item {
  const [first, ...rest] = list;
  if (first === undefined) throw new RangeError('the list is empty');
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function parsed<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new RangeError(`not a ${what}`);
  return value;
}
