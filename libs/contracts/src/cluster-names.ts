import { z } from 'zod';
import { ConnectionName } from './access-terms.js';
import { MatchLabels, NamePattern } from './requested-rule.js';

/** As many names as one selector may stand for. */
export const MAX_NAMES = 100;

/** Never a wildcard, whatever a cluster calls its objects. */
const clusterName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/);

/** Only these names are asked about; what else there is is not told. */
const among = z.array(clusterName).max(MAX_NAMES).optional();
const dnsLabel = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const apiGroup = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/);

/** What policy asks a gateway: which namespaces have these labels, or which objects there have such names. */
export const NamesQuestion = z.strictObject({
  connection: ConnectionName,
  lookup: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('namespaces'), matchLabels: MatchLabels, among }),
    z.strictObject({
      type: z.literal('objects'),
      apiGroup,
      resource: dnsLabel,
      namespace: dnsLabel,
      patterns: z.array(NamePattern).min(1).max(5),
      among,
    }),
  ]),
});
export type NamesQuestion = z.infer<typeof NamesQuestion>;
export type NamesLookup = NamesQuestion['lookup'];

/**
 * Why a gateway names nothing: `too_many` names or `too_large` a list to look through, `not_permitted` to the gateway
 * itself, a kind that the cluster does not know (`kind_unknown`), or no answer of the cluster that could be used.
 */
export const NamesRefusal = z.enum([
  'too_many',
  'too_large',
  'not_permitted',
  'kind_unknown',
  'unavailable',
]);
export type NamesRefusal = z.infer<typeof NamesRefusal>;

/** What a gateway answers. */
export const NamesAnswer = z.union([
  z.strictObject({ names: z.array(clusterName).max(MAX_NAMES) }),
  z.strictObject({ refusal: NamesRefusal }),
]);
export type NamesAnswer = z.infer<typeof NamesAnswer>;
