import type { Row } from './row.js';
import { smallGet } from './small-get.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [smallGet];
