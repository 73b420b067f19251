import { loadConfig } from '@drawbridge/runtime';
import { describe, expect, it } from 'vitest';
import { ApprovalConfig, slackSettings } from './config.js';

const slack = {
  SLACK_BOT_TOKEN_FILE: '/run/secrets/token',
  SLACK_SIGNING_SECRET_FILE: '/run/secrets/signing',
  SLACK_TEAM_ID: 'T0123456789',
  SLACK_CHANNEL: 'C0123456789',
  CONFIG_DIR: '/etc/drawbridge',
};

describe('the configuration of approval', () => {
  it('needs no Slack', () => expect(slackSettings(loadConfig(ApprovalConfig, {}))).toBeUndefined());

  it('talks to Slack itself by default', () =>
    expect(slackSettings(loadConfig(ApprovalConfig, slack))).toStrictEqual({
      apiUrl: 'https://slack.com/api/',
      botTokenFile: '/run/secrets/token',
      signingSecretFile: '/run/secrets/signing',
      teamId: 'T0123456789',
      channel: 'C0123456789',
      configDirectory: '/etc/drawbridge',
    }));

  it.each(['SLACK_TEAM_ID', 'SLACK_CHANNEL', 'CONFIG_DIR'])('wants %s with a bot token', (name) =>
    expect(() => loadConfig(ApprovalConfig, { ...slack, [name]: undefined })).toThrow(
      `${name}: is required with SLACK_BOT_TOKEN_FILE`,
    ),
  );

  it('wants a way in which Slack reaches it: a signing secret, a token for sockets, or both', () => {
    const neither = { ...slack, SLACK_SIGNING_SECRET_FILE: undefined };
    expect(() => loadConfig(ApprovalConfig, neither)).toThrow(
      'SLACK_SIGNING_SECRET_FILE: or SLACK_APP_TOKEN_FILE is required',
    );
    const socket = { SLACK_APP_TOKEN_FILE: '/run/secrets/app-token' };
    const settings = slackSettings(loadConfig(ApprovalConfig, { ...neither, ...socket }));
    expect(settings).toMatchObject({ appTokenFile: '/run/secrets/app-token' });
    expect(settings).not.toHaveProperty('signingSecretFile');
    expect(slackSettings(loadConfig(ApprovalConfig, { ...slack, ...socket }))).toMatchObject({
      signingSecretFile: '/run/secrets/signing',
      appTokenFile: '/run/secrets/app-token',
    });
  });

  it.each([
    'http://slack.example.test/api/',
    'http://127.0.0.1.example.test/api/',
    'https://user:secret@slack.com/api/',
    'ftp://127.0.0.1/',
    'slack.com',
  ])('does not send the token to %s', (SLACK_API_URL) =>
    expect(() => loadConfig(ApprovalConfig, { ...slack, SLACK_API_URL })).toThrow('SLACK_API_URL'),
  );

  it.each(['http://127.0.0.1:4003/api/', 'http://[::1]:4003/api/', 'https://slack-gov.com/api/'])(
    'may be pointed at %s',
    (SLACK_API_URL) =>
      expect(loadConfig(ApprovalConfig, { ...slack, SLACK_API_URL })).toMatchObject({
        SLACK_API_URL,
      }),
  );

  it('wants the channel by its id', () =>
    expect(() => loadConfig(ApprovalConfig, { ...slack, SLACK_CHANNEL: '#approvals' })).toThrow(
      'SLACK_CHANNEL',
    ));
});
