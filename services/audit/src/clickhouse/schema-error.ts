import { AppError } from '@drawbridge/kernel';

/**
 * The tables are not the ones this version was made for. `schema_too_new`: a newer version of audit has been
 * here. `schema_mismatch`: a released migration or a table was altered by hand.
 */
export class SchemaError extends AppError<'schema_too_new' | 'schema_mismatch'> {}
