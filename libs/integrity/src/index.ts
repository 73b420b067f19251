export {
  openCheckpoint,
  parseCheckpoint,
  SealRefused,
  type Checkpoint,
  type Gap,
  type SealVersion,
} from './checkpoint.js';
export { checkExport, type ExportFiles, type ExportReport } from './export-record.js';
export { checkProof, ProofRefused, type CheckedProof, type ProvenRecord } from './command-proof.js';
export { proofStatement } from './proof-statement.js';
export { exportStatement, openExportStatement, type ExportStatement } from './export-statement.js';
export { findingKinds, type Finding, type FindingKind } from './finding.js';
export {
  KeyChainRefused,
  KeyRing,
  keyStatement,
  openKeyChain,
  requireInTime,
  type KeyChain,
  type LogKey,
  type LogSizes,
} from './key-chain.js';
export { linkOf, type SealedMessage } from './link.js';
export { base64 } from './note.js';
export { inclusionPath, leafHash, rootOfPath, sha256 } from './merkle.js';
export { digestsOf, type Flaw, type ReadMessage } from './message-check.js';
export { digestOfLine, lineDigest, lineProof, type LineProof } from './line-tree.js';
export {
  NoteRefused,
  openNote,
  parsePublicKey,
  parseVerifierKey,
  publicKeyPem,
  signerOf,
  signNote,
  unverifiedText,
  verifierKey,
  type PublicKey,
  type Signer,
} from './note.js';
export {
  emptyLog,
  follows,
  linksOf,
  openSeal,
  SealBuilder,
  sequencesOf,
  type LogEnd,
  type OpenedSeal,
} from './seal.js';
export { readRebuilt, rebuiltData } from './rebuilt-message.js';
export { checkStream, type StreamReport, type StreamToCheck } from './stream-check.js';
export {
  MAX_TIMESTAMP_BYTES,
  openTimestamp,
  TIMESTAMP_QUERY_TYPE,
  TIMESTAMP_REPLY_TYPE,
  timestampQuery,
  type Timestamp,
  type TimestampQuery,
  type TimestampToCheck,
} from './timestamp.js';
export { rootsOf } from './timestamp-chain.js';
export { TimestampRefused } from './timestamp-refused.js';
