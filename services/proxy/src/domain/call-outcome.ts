import type {
  ArchiveRecord,
  FileTransferRecord,
  PortFlowRecord,
  RecordedRule,
} from '@drawbridge/contracts';

/** How a forwarded call ended, as its `CommandEnded` records it. */
export interface CallOutcome {
  readonly outcome: 'completed' | 'cut' | 'client_gone' | 'upstream_failed';
  /** Code of what ended it early. */
  readonly reason?: string;
  /** HTTP status sent to the client; 0 when none was. */
  readonly statusCode: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Of exec and attach, when the cluster has said it. */
  readonly exitCode?: number;
  /** The guardrail that ended it, when it began before. */
  readonly rule?: string;
  /** Files that went through a channel. */
  readonly transfers?: readonly FileTransferRecord[];
  /** What is in an archive that went through a channel, masked. */
  readonly archive?: ArchiveRecord;
  /** Of a port-forward. */
  readonly flows?: readonly PortFlowRecord[];
  /** Guardrails that were met by what was typed in it. */
  readonly typed?: readonly RecordedRule[];
  /** Values of the answer that were masked; absent when nothing was looked at. */
  readonly masked?: number;
}

/** The client left before anything was sent to the cluster. */
export const clientGone: CallOutcome = {
  outcome: 'client_gone',
  statusCode: 0,
  requestBytes: 0,
  responseBytes: 0,
};
