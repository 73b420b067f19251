export { IdentityConfig } from './config.js';
export { startIdentity, type IdentityDependencies } from './start-identity.js';
