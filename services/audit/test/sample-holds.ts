import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Line = z.looseObject({ type: z.string(), aggregateId: z.string() });

/** Events of held calls as they are stored: the samples of the contracts. */
export const storedHoldEvents = readFileSync(
  new URL('../../../libs/contracts/samples/hold-events-v1.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((text) => ({ text, ...Line.parse(JSON.parse(text)) }));
