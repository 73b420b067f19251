import type { Problem } from '@drawbridge/contracts';
import type { WantedLogin } from './wanted-login.js';

/** An API of Drawbridge said no, with a problem document. */
export class ApiRefused extends Error {
  constructor(
    readonly problem: Problem,
    /** Set when another login would do. */
    readonly login?: WantedLogin,
  ) {
    super(problem.detail);
    this.name = new.target.name;
  }
}
