import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { fieldErrors, jsonPointer } from './field-errors.js';
import { RequestRefused, type RequestRefusal } from './request-refused.js';

type Pipe<Schema extends z.ZodType> = PipeTransform<unknown, z.infer<Schema>>;

/** `@Body(ValidBody(Schema)) body: z.infer<typeof Schema>`; otherwise 400 with every bad field. */
export const ValidBody = <Schema extends z.ZodType>(schema: Schema): Pipe<Schema> =>
  new ValidInput(schema, { code: 'body_invalid', what: 'body', nameOf: jsonPointer });

/** `@Query(ValidQuery(Schema))`: fields are named `query.<name>`. */
export const ValidQuery = <Schema extends z.ZodType>(schema: Schema): Pipe<Schema> =>
  new ValidInput(schema, {
    code: 'query_invalid',
    what: 'query',
    nameOf: (path) => ['query', ...path].map(String).join('.'),
  });

/** `@Param(ValidPath(Schema))`: fields are named `path.<name>`. */
export const ValidPath = <Schema extends z.ZodType>(schema: Schema): Pipe<Schema> =>
  new ValidInput(schema, {
    code: 'path_invalid',
    what: 'path',
    nameOf: (path) => ['path', ...path].map(String).join('.'),
  });

interface Input {
  readonly code: RequestRefusal;
  readonly what: string;
  readonly nameOf: (path: readonly PropertyKey[]) => string;
}

class ValidInput<Schema extends z.ZodType> implements PipeTransform<unknown, z.infer<Schema>> {
  constructor(
    private readonly schema: Schema,
    private readonly input: Input,
  ) {}

  transform(value: unknown): z.infer<Schema> {
    const parsed = this.schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const { code, what, nameOf } = this.input;
    const errors = fieldErrors({ error: parsed.error, value }, nameOf);
    const named = errors.map(({ field, message }) => `${field || 'body'}: ${message}`).join('; ');
    throw new RequestRefused(code, `the ${what} is not valid: ${named}`, errors);
  }
}
