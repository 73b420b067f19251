import { randomUUID } from 'node:crypto';
import type { AwsError } from './aws-error.js';
import type { AwsPrincipal } from './demo-aws.js';

const xmlns = 'https://sts.amazonaws.com/doc/2011-06-15/';

export const errorXml = ({ code, message, status }: AwsError): string =>
  `<ErrorResponse xmlns="${xmlns}"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${xml(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`;

export function assumeRoleXml(session: AwsPrincipal, action = 'AssumeRole'): string {
  const { arn, accessKeyId, secretAccessKey, sessionToken = '', expiresAtMs = 0 } = session;
  const expiration = new Date(expiresAtMs).toISOString();
  const credentials = `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>`;
  const user = `<AssumedRoleUser><Arn>${xml(arn)}</Arn><AssumedRoleId>${idOf(session)}</AssumedRoleId></AssumedRoleUser>`;
  return `<${action}Response xmlns="${xmlns}"><${action}Result>${user}${credentials}</${action}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${action}Response>`;
}

/** As STS answers when JSON is asked for. */
export const callerIdentity = (principal: AwsPrincipal): object => ({
  GetCallerIdentityResponse: {
    GetCallerIdentityResult: {
      Account: principal.arn.split(':')[4],
      Arn: principal.arn,
      UserId: idOf(principal),
    },
    ResponseMetadata: { RequestId: randomUUID() },
  },
});

const idOf = ({ accessKeyId, arn }: AwsPrincipal): string =>
  `AROA${accessKeyId.slice(4)}:${xml(arn.split('/').at(-1) ?? '')}`;

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
