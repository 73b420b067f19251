/** A press on it opens the dialog in which a review is completed, wherever the button stands. */
export const REVIEW_ACTION = 'drawbridge_review';
