/** What AWS answers when it refuses a call. */
export class AwsError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const accessDenied = (message: string) => new AwsError(403, 'AccessDenied', message);
export const validationError = (message: string) => new AwsError(400, 'ValidationError', message);
