import type { PauseOrder } from './pause-switch.js';

/** What people are told whose session somebody has paused. */
export const pauseWords = ({ by, reason }: PauseOrder): string =>
  `drawbridge: ${by} has paused this session: ${reason}`;

/** What they are told before it ends. */
export const cutWords = ({ by, reason }: PauseOrder): string =>
  `drawbridge: ${by} has ended this session: ${reason}`;

/** What they are told when it goes on. */
export const resumeWords = ({ by, reason }: PauseOrder): string =>
  `drawbridge: ${by} lets this session go on: ${reason}`;
