import { z } from 'zod';

/** The shape of one event; what its data does not name is dropped when it is read. */
export const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), data: z.object(shape) });
