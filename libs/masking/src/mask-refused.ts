import { AppError } from '@drawbridge/kernel';

/**
 * A body that cannot be masked, or must not be written:
 * `answer_not_maskable` (no JSON or text that can be read on its way, or broken) and `masked_value_written` (a request
 * carries a placeholder where the value should be).
 */
export class MaskRefused extends AppError<'answer_not_maskable' | 'masked_value_written'> {}
