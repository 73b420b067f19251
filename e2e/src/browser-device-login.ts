import { DEMO_DEVICE_CLIENT } from '@drawbridge/embedded';
import { z } from 'zod';

const Started = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
});
const Answer = z.object({ access_token: z.string().optional(), error: z.string().optional() });

/** A device login as a terminal starts it, without the terminal. */
export interface DeviceLogin {
  readonly userCode: string;
  /** Where to type the code. */
  readonly address: string;
  /** The same with the code in it. */
  readonly link: string;
  /** The subject that was logged in, or the OAuth error. */
  outcome(): Promise<string>;
}

export async function startDeviceLogin(issuer: string): Promise<DeviceLogin> {
  const post = async (path: string, form: Record<string, string>): Promise<unknown> => {
    const body = new URLSearchParams({ client_id: DEMO_DEVICE_CLIENT, ...form });
    return (await fetch(`${issuer}${path}`, { method: 'POST', body })).json();
  };
  const started = Started.parse(await post('/device/auth', { scope: 'openid' }));
  return {
    userCode: started.user_code,
    address: started.verification_uri,
    link: started.verification_uri_complete,
    outcome: async () => {
      const { access_token, error } = Answer.parse(
        await post('/token', {
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: started.device_code,
        }),
      );
      return access_token === undefined ? String(error) : subjectOf(access_token);
    },
  };
}

/** Read, not verified: the provider that was just asked is the one under test. */
function subjectOf(token: string): string {
  const [, payload = ''] = token.split('.');
  return z.object({ sub: z.string() }).parse(JSON.parse(String(Buffer.from(payload, 'base64url'))))
    .sub;
}
