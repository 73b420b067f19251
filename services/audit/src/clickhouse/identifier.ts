import { z } from 'zod';

/** A name that may stand in SQL as it is: it cannot hold a quote, a dot or a space. */
export const Identifier = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected lower-case letters, digits and "_"')
  .brand<'Identifier'>();
export type Identifier = z.infer<typeof Identifier>;
