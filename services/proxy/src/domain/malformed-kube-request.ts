import { AppError } from '@drawbridge/kernel';

/** A target that two parsers could read differently. Refused, never guessed. */
export class MalformedKubeRequest extends AppError<
  'malformed_kube_path' | 'malformed_kube_query'
> {}
