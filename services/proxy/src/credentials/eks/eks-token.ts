import type { STSClient } from '@aws-sdk/client-sts';
import { CredentialFailure } from '../credential-failure.js';
import type { AwsCredentials } from './aws-clients.js';

const PREFIX = 'k8s-aws-v1.';
/** Ignored by STS and demanded by the authenticator of EKS, which looks at the date of the signature only. */
const EXPIRES_SECONDS = 60;
/** The authenticator of EKS refuses longer ones. */
const MAX_TOKEN_BYTES = 4_096;

/** From the instant of the signature; STS and the authenticator of EKS agree on it. */
export const TOKEN_LIFE_MS = 15 * 60_000;

export interface TokenRequest {
  readonly sts: STSClient;
  readonly region: string;
  readonly clusterName: string;
  readonly credentials: AwsCredentials;
  /** By AWS's clock. */
  readonly signedAt: Date;
}

/**
 * The bearer token by which EKS knows a session of a role: the presigned address of a `GetCallerIdentity` call
 * that names the cluster in a signed header, so that it is of no use at another one.
 *
 * It is for the public endpoint of the region whatever endpoint our own calls use, because the authenticator of
 * EKS accepts no other.
 *
 * @throws {@link CredentialFailure} when the token is longer than EKS accepts
 */
export async function eksToken(request: TokenRequest): Promise<string> {
  const [{ SignatureV4 }, { HttpRequest }, { formatUrl }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/protocol-http'),
    import('@aws-sdk/util-format-url'),
  ]);
  const { sts, region, clusterName, credentials, signedAt } = request;
  const hostname = await publicHost(sts, region);
  const { sha256 } = sts.config;
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256 });
  const call = new HttpRequest({
    protocol: 'https:',
    hostname,
    method: 'GET',
    path: '/',
    headers: { host: hostname, 'x-k8s-aws-id': clusterName },
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
  });
  const options = { expiresIn: EXPIRES_SECONDS, signingDate: signedAt };
  const url = formatUrl(await signer.presign(call, options));
  const token = `${PREFIX}${Buffer.from(url).toString('base64url')}`;
  if (token.length > MAX_TOKEN_BYTES) {
    throw new CredentialFailure(
      `the token would have ${token.length} bytes and EKS takes ${MAX_TOKEN_BYTES}: shorten session policy and tags`,
    );
  }
  return token;
}

async function publicHost({ config }: STSClient, region: string): Promise<string> {
  const { url } = config.endpointProvider({
    Region: region,
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
    UseGlobalEndpoint: false,
  });
  return url.hostname;
}
