import { outcomeOf, type Standing } from '@drawbridge/scope';

/** Whether the humans who were asked have said yes, as the history tells it. */
export const isAgreed = (standing: Standing | undefined): boolean =>
  standing !== undefined && outcomeOf(standing) === 'approved';
