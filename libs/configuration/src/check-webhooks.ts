import { resolve } from 'node:path';
import { isAlarmType, type InboundSpec, type WebhookDocument } from '@drawbridge/contracts';
import { entriesOf, error, type Check, type Entry, type Finding } from './entry.js';

/** What comes back from a ticket system can be told from what we sent, and a yes from a no. */
export const checkWebhooks: Check = ({ entries }) =>
  entriesOf(entries, 'Webhook').flatMap((entry) => {
    const { inbound } = entry.document.spec;
    const ofInbound =
      inbound === undefined ? [] : [...checkSecrets(entry, inbound), ...checkWords(entry, inbound)];
    return [...checkAlarms(entry), ...ofInbound];
  });

/** An alarm is about no agent, and is nothing for those who run one. */
function checkAlarms(entry: Entry<WebhookDocument>): Finding[] {
  const { events = [], for: whose } = entry.document.spec;
  if (whose === 'all') return [];
  return events.flatMap((type, index) =>
    isAlarmType(type)
      ? [error(entry, ['spec', 'events', index], `"${type}" is told only with \`for: all\``)]
      : [],
  );
}

/** With one secret for both ways, our own messages could be sent back to us as callbacks. */
function checkSecrets(entry: Entry<WebhookDocument>, inbound: InboundSpec): Finding[] {
  const { secretFile, formerSecretFile } = entry.document.spec;
  const ours = new Set([secretFile, formerSecretFile].flatMap(path));
  return (['secretFile', 'formerSecretFile'] as const).flatMap((field) =>
    path(inbound[field]).some((file) => ours.has(file))
      ? [error(entry, ['spec', 'inbound', field], 'expected another secret than our messages have')]
      : [],
  );
}

const path = (file: string | undefined): readonly string[] =>
  file === undefined ? [] : [resolve('/', file)];

function checkWords(entry: Entry<WebhookDocument>, { approved, denied }: InboundSpec): Finding[] {
  return denied.flatMap((word, index) =>
    approved.includes(word)
      ? [error(entry, ['spec', 'inbound', 'denied', index], `"${word}" is a yes already`)]
      : [],
  );
}
