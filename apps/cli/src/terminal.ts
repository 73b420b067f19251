import type { Clock } from '@drawbridge/kernel';

/** Everything around the CLI; `main.ts` makes the real one. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results: standard output. */
  readonly out: (text: string) => void;
  /** What is written there is shown to somebody, and not kept or read by a program. @default false */
  readonly isTerminal?: boolean;
  /** How wide that is, in characters; absent where nobody looks. */
  readonly width?: number;
  /** Progress and advice for people: standard error. */
  readonly note: (text: string) => void;
  readonly clock: Clock;
  /** Absolute path of the program, for files that start it again. */
  readonly program: string;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
}
