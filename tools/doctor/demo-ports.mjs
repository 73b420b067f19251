/**
 * Ports of 127.0.0.1 that the demo listens on when it is left running.
 *
 * @type {readonly { port: number, use: string }[]}
 */
export const demoPorts = [];
