import { AppError } from '@drawbridge/kernel';

/** The keys that placeholders are made with cannot be used. Says nothing of what they are. */
export class MaskKeysInvalid extends AppError<'mask_keys_invalid'> {
  constructor(message: string, options?: ErrorOptions) {
    super('mask_keys_invalid', message, options);
  }
}
