/** What the owner asks of the engine process; settings and parameters as `@clickhouse/client` gives them. */
export interface EngineRequest {
  readonly id: number;
  readonly operation: 'query' | 'exec' | 'command' | 'insert';
  readonly query: string;
  /** Body of an insert, in the format that the query names. */
  readonly values?: string | InsertFile;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** A body that is handed to the engine as it is; the owner makes the file, and removes it once there is an answer. */
export interface InsertFile {
  readonly file: string;
}

export type EngineMessage =
  | EngineRequest
  /** End a query with this id, whether it runs or waits; it fails then. Of anything else nothing is ended. */
  | { readonly abort: number }
  /** Finish what runs, close the directory, exit. */
  | { readonly close: true };

export interface EngineFailure {
  readonly message: string;
  /** ClickHouse's error number as text, and its name; absent for a failure of the engine itself. */
  readonly code?: string;
  readonly type?: string;
}

/** What the engine process answers; `opened` or `refused` comes once, first. */
export type EngineReply =
  | { readonly event: 'opened' }
  | { readonly event: 'refused'; readonly failure: EngineFailure }
  | {
      readonly event: 'done';
      readonly id: number;
      readonly body?: Uint8Array;
      readonly writtenRows: string;
    }
  | { readonly event: 'failed'; readonly id: number; readonly failure: EngineFailure };
