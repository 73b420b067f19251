export {
  grantUse,
  UseRefused,
  useOf,
  type GrantUse,
  type GrantUseCommand,
} from './domain/grant-use.js';
export {
  UseCounter,
  type CallOfGrant,
  type LimitedCall,
  type UseCounterOptions,
} from './use-counter.js';
