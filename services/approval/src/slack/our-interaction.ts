import { z } from 'zod';
import { BridgesSubmission } from './bridges-view.js';
import { CardClick, HoldClick } from './card-click.js';
import { AskSubmission, DenyHoldSubmission, DenySubmission } from './denial-submission.js';
import { ExtendClick, ExtendSubmission } from './extend-view.js';
import { RevokeClick, RevokeSubmission } from './revoke-view.js';
import { ReviewClick, ReviewSubmission } from './review-dialog.js';
import { NarrowSubmission } from './narrow-submission.js';

/** An interaction that is ours to answer. */
export const OurInteraction = z.union([
  CardClick,
  DenySubmission,
  NarrowSubmission,
  AskSubmission,
  RevokeClick,
  RevokeSubmission,
  ExtendClick,
  ExtendSubmission,
  BridgesSubmission,
  ReviewClick,
  ReviewSubmission,
  HoldClick,
  DenyHoldSubmission,
]);
