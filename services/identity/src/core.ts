/** What decides here, without a server around it: for tests of several services at once. */
export { accessRequest } from './domain/access-request.js';
