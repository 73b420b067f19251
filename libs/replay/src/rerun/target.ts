import type { JsonObject } from '../json.js';
import type { ObjectRef } from './recorded-call.js';

/** A call as it is made again. */
export interface MadeCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: string | Uint8Array;
}

export interface MadeAnswer {
  readonly status: number;
  readonly body: string;
}

/** A world that can be made as the record shows it, beside the API. */
export interface SeededWorld {
  /** Whether there is such a resource. */
  serves(ref: ObjectRef): boolean;
  read(ref: ObjectRef): JsonObject | undefined;
  /** Stores an object as it is, its status too, and returns it as stored. */
  place(ref: ObjectRef, object: JsonObject): JsonObject;
  discard(ref: ObjectRef): void;
}

/** Where a session is made again. */
export interface RerunTarget {
  call(call: MadeCall): Promise<MadeAnswer>;
  /** Of a sandbox: it is made as the record shows it. Absent for a cluster that is as it is. */
  readonly world?: SeededWorld;
  /** Calls that change something are not made. */
  readonly isReadOnly?: boolean;
}
