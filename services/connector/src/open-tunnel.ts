import { constants, type ServerHttp2Stream } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { ClusterAddress } from './cluster-address.js';

const CONNECT_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * Connects to the API server and passes bytes on, both ways and as they are: what they say is encrypted between
 * gateway and API server. Each side is read as fast as the other one takes it, and may end before the other.
 */
export function openTunnel(stream: ServerHttp2Stream, { host, port }: ClusterAddress): void {
  const socket = connect({ host, port, allowHalfOpen: true });
  const timer = setTimeout(() => refuse(504), CONNECT_MS);
  const refuse = (status: number) => {
    clearTimeout(timer);
    socket.destroy();
    if (stream.destroyed) return;
    if (!stream.headersSent) stream.respond({ ':status': status }, { endStream: true });
    else stream.close(constants.NGHTTP2_CONNECT_ERROR);
  };
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.on('error', () => refuse(502));
  stream.once('close', () => {
    clearTimeout(timer);
    socket.destroy();
  });
  socket.once('connect', () => {
    clearTimeout(timer);
    if (!stream.destroyed) pass(stream, socket);
  });
}

function pass(stream: ServerHttp2Stream, socket: Socket): void {
  stream.respond({ ':status': 200 });
  stream.pipe(socket);
  socket.pipe(stream);
  // An end that is not the end of both halves: the other side must not take what it has for all of it.
  socket.once('close', () => {
    if (!socket.readableEnded && !stream.destroyed) stream.close(constants.NGHTTP2_CONNECT_ERROR);
  });
}
