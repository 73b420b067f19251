import { AppError } from '@drawbridge/kernel';

/**
 * Why a stream is not sealed at the moment.
 *
 * - `signing_key_superseded` - the log goes on with another key, and ours was never named by it
 * - `stream_rewound` - the stream ends before the last message that was sealed, or has another one there
 * - `checkpoint_log_unreadable` - what stands on `CHECKPOINTS` is not ours, or was changed
 */
export class SealingError extends AppError<
  'signing_key_superseded' | 'stream_rewound' | 'checkpoint_log_unreadable'
> {}
