import type { Problem } from '@drawbridge/contracts';

/** An API of Drawbridge said no, with a problem document. */
export class ApiRefused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = new.target.name;
  }
}
