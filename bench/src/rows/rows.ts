import { halfLoad } from './half-load.js';
import { http2 } from './http2.js';
import { newConnections } from './new-connections.js';
import type { Row } from './row.js';
import { largeList, oneConnection, smallGet } from './small-get.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [
  smallGet,
  oneConnection,
  halfLoad,
  newConnections,
  largeList,
  http2,
];
