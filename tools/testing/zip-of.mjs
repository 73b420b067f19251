import { crc32 } from 'node:zlib';

/**
 * A zip archive of one file, not compressed.
 *
 * @param {string} name
 * @param {string} text
 * @returns {Buffer}
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3
 */
export function zipOf(name, text) {
  const path = Buffer.from(name);
  const data = Buffer.from(text);
  // Flags, method, time, date, checksum, sizes, length of the name, no extra field.
  const common = Buffer.alloc(24);
  common.writeUInt32LE(crc32(data), 8);
  common.writeUInt32LE(data.length, 12);
  common.writeUInt32LE(data.length, 16);
  common.writeUInt16LE(path.length, 20);
  const local = Buffer.concat([record(0x04034b50, 2), common, path, data]);
  const central = Buffer.concat([record(0x02014b50, 4), common, Buffer.alloc(14), path]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/**
 * @param {number} signature
 * @param {number} versions bytes of version numbers that follow it
 */
function record(signature, versions) {
  const bytes = Buffer.alloc(4 + versions);
  bytes.writeUInt32LE(signature, 0);
  for (let at = 4; at < bytes.length; at += 2) bytes.writeUInt16LE(20, at);
  return bytes;
}
