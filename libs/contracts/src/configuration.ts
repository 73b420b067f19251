import { z } from 'zod';
import { ActionDocument } from './action-document.js';
import { ConnectionDocument } from './connection-document.js';
import { document, label } from './document.js';
import { GuardrailSpec } from './guardrail.js';
import { HumanDocument } from './human-document.js';
import { IssuerDocument } from './issuer-document.js';
import { PolicyDocument } from './policy-document.js';
import { RiskDocument } from './risk-document.js';
import { RoutingDocument } from './routing-document.js';
import { ScheduleDocument } from './schedule-document.js';
import { SinkDocument } from './sink-document.js';
import { WebhookDocument } from './webhook-document.js';

/**
 * Rules over calls that a grant allows: what is denied, held, masked or noted all the same. Read by the proxy.
 */
export const GuardrailDocument = document('Guardrail', label, GuardrailSpec);
export type GuardrailDocument = z.infer<typeof GuardrailDocument>;

/** Any document of a configuration directory. */
export const ConfigurationDocument = z.discriminatedUnion('kind', [
  IssuerDocument,
  HumanDocument,
  ActionDocument,
  ConnectionDocument,
  PolicyDocument,
  GuardrailDocument,
  ScheduleDocument,
  RiskDocument,
  WebhookDocument,
  RoutingDocument,
  SinkDocument,
]);
export type ConfigurationDocument = z.infer<typeof ConfigurationDocument>;
