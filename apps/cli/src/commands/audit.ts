import { registerAlarms } from './audit-alarms.js';
import { registerBody } from './audit-body.js';
import { registerExport } from './audit-export.js';
import { registerLists } from './audit-lists.js';
import { registerPlay } from './audit-play.js';
import { registerProve } from './audit-prove.js';
import { registerQuestions } from './audit-questions.js';
import { registerRerun } from './audit-rerun.js';
import { registerSession } from './audit-session.js';
import { registerSinks } from './audit-sinks.js';
import { registerVerify } from './audit-verify.js';
import type { Registrar } from './command-context.js';

/** `drawbridge audit` */
export function registerAudit(registrar: Registrar): void {
  const group = registrar.program
    .command('audit')
    .summary('read the record: commands, holds, stops and events, and ask it questions')
    .description(
      'Reads the record. For humans in a group of auditors; owners of agents see what is of their agents.',
    );
  registerLists(registrar, group);
  registerSession(registrar, group);
  registerBody(registrar, group);
  registerExport(registrar, group);
  registerRerun(registrar, group);
  registerQuestions(registrar, group);
  registerVerify(registrar, group);
  registerProve(registrar, group);
  registerSinks(registrar, group);
  registerPlay(registrar, group);
  registerAlarms(registrar, group);
}
