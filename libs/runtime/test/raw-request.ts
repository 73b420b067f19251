import { connect } from 'node:net';

export interface RawAnswer {
  /** Everything the server sent until it closed the connection. */
  readonly text: string;
}

/** Sends bytes as they are and waits until the server closes; `more` is sent piece by piece, one each 100 ms. */
export function rawRequest(
  url: string,
  text: string,
  more: readonly string[] = [],
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = '';
    const pieces = [...more];
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(text));
    const trickle = setInterval(() => {
      const piece = pieces.shift();
      if (piece !== undefined && socket.writable) socket.write(piece);
    }, 100);
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(trickle);
      resolve({ text: answer });
    });
  });
}
