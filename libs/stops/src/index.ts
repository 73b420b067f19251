export {
  agentSwitchOf,
  bridgesOf,
  type AgentSwitchCommand,
  type BridgesCommand,
} from './decide-stop.js';
export { covers, noStop, type InForce, type Stop } from './stop.js';
export { disabledKeyOf, stopKeyOf, targetOfKey, type StoppableGrant } from './stop-key.js';
export { StopRefused, type StopRefusal } from './stop-refused.js';
export {
  evolveSession,
  sessionOrdersOf,
  type SessionCommand,
  type SessionState,
} from './session-orders.js';
export { commandOfKey, isSessionKey, sessionKeyOf, type OrderedSession } from './stop-key.js';
export { isDisabling, Stops, type StopsNow } from './stops.js';
