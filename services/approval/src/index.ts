export { ApprovalConfig } from './config.js';
export { startApproval, type ApprovalDependencies } from './start-approval.js';
