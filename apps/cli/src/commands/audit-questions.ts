import type { Command } from 'commander';
import { registerAgent } from './audit-questions/agent.js';
import { registerApprovals } from './audit-questions/approvals.js';
import { registerBlocked } from './audit-questions/blocked.js';
import { registerDiff } from './audit-questions/diff.js';
import { registerOffHours } from './audit-questions/off-hours.js';
import { registerSearch } from './audit-questions/search.js';
import { registerTouched } from './audit-questions/touched.js';
import { registerUnused } from './audit-questions/unused.js';
import type { Registrar } from './command-context.js';

/** The commands below `drawbridge audit` that each answer one question. */
export function registerQuestions(registrar: Registrar, group: Command): void {
  registerTouched(registrar, group);
  registerAgent(registrar, group);
  registerBlocked(registrar, group);
  registerOffHours(registrar, group);
  registerDiff(registrar, group);
  registerApprovals(registrar, group);
  registerUnused(registrar, group);
  registerSearch(registrar, group);
}
