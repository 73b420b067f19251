/** What Slack shows, for pictures of it: pure functions of what happened. */
export { AgentHistory, type AgentPast } from './domain/agent-history.js';
export { tellHoldStory, type HoldStory } from './domain/hold-story.js';
export { roundNow } from './domain/extension-story.js';
export { tellStory, type RequestStory } from './domain/request-story.js';
export { bridgesView } from './slack/bridges-view.js';
export { renderBreakGlassCard } from './slack/break-glass-card.js';
export { renderCard } from './slack/card.js';
export { denyAccessView } from './slack/deny-view.js';
export { renderHoldCard } from './slack/hold-card.js';
export { narrowView } from './slack/narrow-view.js';
export { overviewBlocks, type Overview } from './slack/overview-blocks.js';
export { rulesView } from './slack/rules-view.js';
