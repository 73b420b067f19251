/** What decides here, without a server around it: for tests of several services at once. */
export { AccessRequests } from './access-requests.js';
export { accessRequest } from './domain/access-request.js';
export { AccessViews } from './views/access-views.js';
