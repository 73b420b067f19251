/** What decides here, without a server around it: for tests of several services at once. */
export { noteLostGroups, type LostGroups } from './chain/authorize-call.js';
export { authorize } from './domain/authorize.js';
export { parseKubeRequest } from './domain/kube-request.js';
export { OpenGrants, type OpenGrant } from './domain/open-grants.js';
