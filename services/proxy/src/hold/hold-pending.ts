import { AppError } from '@drawbridge/kernel';

/** The call still waits for a human; its client is told to come again, and finds its hold then. */
export class HoldPending extends AppError<'hold_pending'> {
  constructor(
    readonly holdId: string,
    readonly retryAfterSeconds: number,
    message: string,
  ) {
    super('hold_pending', message);
  }
}
