import { AppError } from '@drawbridge/kernel';

/** A pattern of one's own that cannot be used. */
export class MaskPatternInvalid extends AppError<'mask_pattern_invalid'> {
  constructor(message: string, options: ErrorOptions = {}) {
    super('mask_pattern_invalid', message, options);
  }
}
