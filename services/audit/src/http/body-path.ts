import { z } from 'zod';
import { BodyDirection } from '@drawbridge/contracts';

/** Path of the routes of a command: its id holds its time. */
export const CommandPath = z.strictObject({
  id: z.uuid({ version: 'v7', error: 'expected the id of a command, a UUIDv7' }).toLowerCase(),
});

/** Path of the route of one of its bodies. */
export const BodyPath = CommandPath.extend({ direction: BodyDirection });
