/** What decides here, without a server around it: for tests of several services at once. */
export { Duties, type Duty } from './domain/duties.js';
export type { Policy, PolicySet } from './domain/policy-set.js';
export { Places } from './facts/places.js';
export { PolicyCommands } from './policy-commands.js';
