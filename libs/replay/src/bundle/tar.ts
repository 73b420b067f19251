import { BundleUnreadable } from './bundle-unreadable.js';

const BLOCK = 512;
const ZERO = 48;

/** One file of an archive. */
export interface TarFile {
  /** At most 100 bytes, without a leading slash. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A file as it stands in a tar archive (POSIX ustar). The same file gives the same bytes. */
export function tarEntry({ name, bytes }: TarFile): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  if (header.write(name) !== Buffer.byteLength(name) || Buffer.byteLength(name) > 100) {
    throw new RangeError(`"${name}" is too long for an archive`);
  }
  const octal = (value: number, length: number): string =>
    `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(bytes.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

/** What stands behind the last file. */
export const tarEnd = (): Uint8Array => Buffer.alloc(2 * BLOCK);

/**
 * The files of an archive by their names.
 *
 * @throws BundleUnreadable for anything but plain files
 */
export function readTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const buffer = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + BLOCK <= buffer.length) {
    const header = buffer.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return files;
    const name = textOf(header, 0, 100);
    const size = Number.parseInt(textOf(header, 124, 12), 8);
    const [start, end] = [at + BLOCK, at + BLOCK + size];
    if (!Number.isSafeInteger(size) || end > buffer.length || header[156] !== ZERO || name === '') {
      throw new BundleUnreadable('bundle_unreadable', 'the archive is damaged, or not of ours');
    }
    files.set(name, buffer.subarray(start, end));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new BundleUnreadable('bundle_unreadable', 'the archive ends too early');
}

const textOf = (header: Buffer, from: number, length: number): string => {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end).trim();
};
