/** What decides here, without a server around it: for tests of several services at once. */
export { lostSays } from './domain/lost-says.js';
export type { RequestStory } from './domain/request-story.js';
export { AccessApprovals } from './nats/access-approvals.js';
export { OpenReviews } from './nats/open-reviews.js';
export { ExtensionOffers } from './nats/extension-offers.js';
export { RequestTimers } from './nats/request-timers.js';
export { ReviewTimers } from './nats/review-timers.js';
export { Reviews } from './nats/reviews.js';
export { Revocations } from './nats/revocations.js';
export { WaitingRequests } from './nats/waiting-requests.js';
