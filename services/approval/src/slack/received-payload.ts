import { Envelope } from './interaction.js';
import { OurInteraction } from './our-interaction.js';
import { EventEnvelope, OurEvent } from './slack-event.js';
import { COMMAND, SlashCommand } from './slash-command.js';

/** What Slack sent us, as far as it matters whether it is taken. */
export interface Received {
  /** `challenge`: whether this address is ours. */
  readonly kind: 'interaction' | 'command' | 'event' | 'challenge';
  /** Absent only for a challenge. */
  readonly origin?: { readonly team: string; readonly app: string };
  /** What may come only once. */
  readonly once: readonly string[];
  /** Whether it is something we answer. */
  readonly isOurs: boolean;
}

const FORM = 'application/x-www-form-urlencoded';

/** Reads the body of a request; `undefined` when it is nothing that Slack sends. */
export function receivedPayload(contentType: string, body: string): Received | undefined {
  if (contentType === 'application/json') return readEvent(parseJson(body));
  if (contentType !== FORM) return undefined;
  const fields = new URLSearchParams(body);
  const isEachOnce = new Set(fields.keys()).size === [...fields.keys()].length;
  if (!isEachOnce) return undefined;
  const payload = fields.get('payload');
  if (payload === null) return readCommand(Object.fromEntries(fields));
  return fields.has('command') ? undefined : readInteraction(parseJson(payload));
}

/** Reads what came over a socket; `undefined` when it is nothing that Slack sends. */
export function receivedEnvelope(type: unknown, body: unknown): Received | undefined {
  switch (type) {
    case 'events_api':
      return readEvent(body);
    case 'interactive':
      return readInteraction(body);
    case 'slash_commands':
      return readCommand(body);
    default:
      return undefined;
  }
}

function readInteraction(payload: unknown): Received | undefined {
  const { data } = Envelope.safeParse(payload);
  if (data === undefined) return undefined;
  const { trigger_id: trigger } = data;
  return {
    kind: 'interaction',
    origin: { team: data.team.id, app: data.api_app_id },
    // Slack uses a trigger for one interaction only.
    once: [`trigger ${trigger}`],
    isOurs: OurInteraction.safeParse(payload).success,
  };
}

function readCommand(fields: unknown): Received | undefined {
  const { data } = SlashCommand.safeParse(fields);
  if (data === undefined) return undefined;
  return {
    kind: 'command',
    origin: { team: data.team_id, app: data.api_app_id },
    once: [`trigger ${data.trigger_id}`],
    isOurs: data.command === COMMAND,
  };
}

function readEvent(payload: unknown): Received | undefined {
  if (isChallenge(payload)) return { kind: 'challenge', once: [], isOurs: true };
  const { data } = EventEnvelope.safeParse(payload);
  if (data === undefined) return undefined;
  return {
    kind: 'event',
    origin: { team: data.team_id, app: data.api_app_id },
    once: [`event ${data.event_id}`],
    isOurs: OurEvent.safeParse(payload).success,
  };
}

const isChallenge = (payload: unknown): boolean =>
  typeof payload === 'object' &&
  payload !== null &&
  'type' in payload &&
  payload.type === 'url_verification';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
