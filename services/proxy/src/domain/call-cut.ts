import { AppError } from '@drawbridge/kernel';
import { cuts, type CutReason } from './cut-reason.js';

/** The call was ended by the gateway before its answer began, so the client can still be told properly. */
export class CallCut extends AppError<CutReason> {
  constructor(code: CutReason) {
    super(code, cuts[code].message);
  }
}
