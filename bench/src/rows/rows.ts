import { connector } from './connector.js';
import { exec, idleExec } from './exec.js';
import { filteredList } from './filtered-list.js';
import { floor } from './floor.js';
import { halfLoad } from './half-load.js';
import { http2 } from './http2.js';
import { hugeList } from './huge-list.js';
import { ingestLag } from './ingest-lag.js';
import { isolation } from './isolation.js';
import { newConnections } from './new-connections.js';
import { recording, recordingIdle } from './recording.js';
import type { Row } from './row.js';
import { largeDocument, largeList, oneConnection, smallGet } from './small-get.js';
import { idleWatches, logs, watchEvents } from './watches.js';
import { workers } from './workers.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [
  smallGet,
  floor,
  oneConnection,
  halfLoad,
  newConnections,
  largeDocument,
  largeList,
  filteredList,
  http2,
  workers,
  watchEvents,
  logs,
  idleWatches,
  exec,
  idleExec,
  recording,
  recordingIdle,
  ingestLag,
  connector,
  isolation,
  hugeList,
];
