import { ConfigurationDocument } from '@drawbridge/contracts';
import { z } from 'zod';

/** JSON Schema (draft 7, which editors know best) of a configuration document as it is written. */
export function configurationSchema(): object {
  return {
    ...z.toJSONSchema(ConfigurationDocument, { target: 'draft-7', io: 'input' }),
    title: 'Drawbridge configuration document',
    description:
      'One document of a Drawbridge configuration directory: an Issuer, Human, Action, Connection, Policy, Guardrail, Schedule, Risk, Webhook, Routing or Sink.',
  };
}
