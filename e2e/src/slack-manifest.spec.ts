import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

/** The scope that each Web API method needs; none where there is nothing. */
const scopesOf: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postMessage': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.getPermalink': [],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.open': ['im:write'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'views.open': [],
  'views.publish': [],
};
const scopesOfEvents: Readonly<Record<string, string>> = {
  'message.channels': 'channels:history',
  'message.groups': 'groups:history',
};

const Manifest = z.looseObject({
  features: z.looseObject({ slash_commands: z.array(z.looseObject({ command: z.string() })) }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.looseObject({
    event_subscriptions: z.looseObject({ bot_events: z.array(z.string()) }),
  }),
});
const read = (file: string): unknown =>
  parse(readFileSync(new URL(`../../infra/slack/${file}`, import.meta.url), 'utf8'));
const overHttp = read('app-manifest.yaml');
const manifest = Manifest.parse(overHttp);
/** Where Slack would have to reach us. */
const addresses = new Set(['url', 'request_url']);
const { bot: scopes } = manifest.oauth_config.scopes;
const slack = `${import.meta.dirname}/../../services/approval/src/slack`;
const sources = readdirSync(slack)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => readFileSync(`${slack}/${file}`, 'utf8'))
  .join('\n');
const methods = [...sources.matchAll(/#client\.([a-z]+\.[A-Za-z]+)\(/g)].map(
  ([, name]) => name ?? '',
);

describe('the manifest of the app', () => {
  it('asks for what the methods in use need, and for nothing else', () => {
    const events = manifest.settings.event_subscriptions.bot_events;
    const needed = [
      ...methods.flatMap((method) => scopesOf[method] ?? [`no scope known for ${method}`]),
      ...events.flatMap((event) => scopesOfEvents[event] ?? []),
      ...(sources.includes('app.command(') ? ['commands'] : []),
    ];
    expect(new Set(scopes)).toEqual(new Set(needed));
    expect(methods).toContain('chat.postMessage');
  });

  it('names the command and the events that are listened to', () => {
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual(['/drawbridge']);
    for (const event of manifest.settings.event_subscriptions.bot_events) {
      expect(sources).toContain(`app.event('${event.split('.')[0] ?? ''}'`);
    }
  });

  it('for Socket Mode is the same, without addresses', () => {
    const text = JSON.stringify(overHttp, (key, value: unknown) => {
      if (key === 'socket_mode_enabled') return true;
      return addresses.has(key) ? undefined : value;
    });
    expect(read('app-manifest.socket-mode.yaml')).toEqual(JSON.parse(text));
    expect(JSON.stringify(overHttp)).toContain('"socket_mode_enabled":false');
  });
});
