import type { Duplex } from 'node:stream';

/**
 * Writes one line, and resolves when the operating system has it.
 *
 * Only then may the stream be given to HTTP/2: Node's session takes the end of a write that it has not begun for a
 * mistake of its own and aborts the process.
 */
export function writeLine(stream: Duplex, value: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(`${JSON.stringify(value)}\n`, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
