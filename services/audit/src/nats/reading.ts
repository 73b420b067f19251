import type { Recording } from './record-batch.js';

/** How messages of a stream become rows. */
export type Reading = Pick<Recording, 'sourcesOf' | 'rowOf'>;
