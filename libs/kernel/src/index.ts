export { AppError } from './app-error.js';
export { codeOf } from './code-of.js';
export type { Clock } from './clock.js';
export type { Decider } from './decider.js';
export {
  EventStoreError,
  type Actor,
  type AggregatePosition,
  type Append,
  type Appended,
  type EventMetadata,
  type EventStore,
  type History,
  type RecordedEvent,
} from './event-store.js';
export {
  handleCommand,
  loadState,
  type CommandEnvelope,
  type Handled,
  type Known,
} from './handle-command.js';
export { neutralise, neutraliseLines, neutralJson } from './neutralise.js';
