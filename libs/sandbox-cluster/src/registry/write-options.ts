/** How a write is to be done, from the query of the request. */
export interface WriteOptions {
  /** Everything is checked and answered, nothing is stored. */
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** The user who writes; controllers write under their own names. */
  readonly warn: (message: string) => void;
}

/** The options of the sandbox's own controllers. */
export function controllerWrites(fieldManager: string): WriteOptions {
  return { dryRun: false, fieldManager, fieldValidation: 'Ignore', warn: () => undefined };
}
