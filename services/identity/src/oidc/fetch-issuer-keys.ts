import { readFile } from 'node:fs/promises';
import { allowInsecureRequests, customFetch, discovery } from 'openid-client';
import { z } from 'zod';
import type { IssuerDocument } from '@drawbridge/contracts';
import { parseStrictJson } from '@drawbridge/token';
import { issuerAddress, issuerFetch, type FetchOptions } from './issuer-fetch.js';
import { IssuerUnusable } from './issuer-unusable.js';
import { usableKeys, type UsableKeys } from './usable-keys.js';

type Spec = IssuerDocument['spec'];

const KeySet = z.object({ keys: z.array(z.unknown()) });

/**
 * Reads the signing keys that an issuer publishes now: metadata from its configured address, keys from the
 * `jwks_uri` named there. No token has a part in it.
 *
 * @throws {@link IssuerUnusable}
 */
export async function fetchIssuerKeys(spec: Spec): Promise<UsableKeys> {
  const options = await fetchOptions(spec);
  const url = issuerAddress(spec.issuer, spec.allowInsecureHttp);
  const keysAddress = await discoverKeysAddress(url, spec, options);
  const response = await issuerFetch(keysAddress, options);
  if (response.status !== 200) {
    throw new IssuerUnusable('issuer_keys_invalid', `"jwks_uri" answered ${response.status}`);
  }
  return usableKeys(parseKeySet(await response.text()), spec.algorithms);
}

async function fetchOptions(spec: Spec): Promise<FetchOptions> {
  const { allowInsecureHttp, certificateAuthorityFile: file } = spec;
  if (file === undefined) return { allowInsecureHttp };
  try {
    return { allowInsecureHttp, certificateAuthority: await readFile(file, 'utf8') };
  } catch (cause) {
    const message = `"certificateAuthorityFile" cannot be read: ${file}`;
    throw new IssuerUnusable('issuer_unreachable', message, { cause });
  }
}

async function discoverKeysAddress(
  url: URL,
  { issuer, allowInsecureHttp }: Spec,
  options: FetchOptions,
): Promise<string> {
  const metadata = await discover(url, options);
  // openid-client compares parsed URLs; tokens are compared byte for byte, so this must be as well.
  if (metadata.issuer !== issuer) {
    throw invalidMetadata('its "issuer" is not exactly the configured one');
  }
  if (metadata.jwks_uri === undefined) throw invalidMetadata('it has no "jwks_uri"');
  const keysUrl = issuerAddress(metadata.jwks_uri, allowInsecureHttp);
  if (keysUrl.protocol !== url.protocol) {
    throw invalidMetadata('its "jwks_uri" has another scheme than the issuer');
  }
  return metadata.jwks_uri;
}

async function discover(url: URL, options: FetchOptions) {
  try {
    // The client id is never sent: discovery is all that is asked for.
    const configuration = await discovery(url, 'drawbridge', undefined, undefined, {
      [customFetch]: (address) => issuerFetch(address, options),
      // The address has been checked above, and issuerFetch checks every other. Deprecated to stand out.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      execute: url.protocol === 'http:' ? [allowInsecureRequests] : [],
      timeout: 15,
    });
    return configuration.serverMetadata();
  } catch (cause) {
    const refusal = issuerUnusableIn(cause);
    if (refusal !== undefined) throw refusal;
    const why = cause instanceof Error ? cause.message : 'unknown reason';
    throw invalidMetadata(why, cause);
  }
}

/** openid-client wraps what its fetch throws. */
function issuerUnusableIn(error: unknown): IssuerUnusable | undefined {
  if (error instanceof IssuerUnusable || !(error instanceof Error)) {
    return error instanceof IssuerUnusable ? error : undefined;
  }
  return issuerUnusableIn(error.cause);
}

function parseKeySet(text: string): readonly unknown[] {
  try {
    return KeySet.parse(parseStrictJson(text)).keys;
  } catch (cause) {
    const message = '"jwks_uri" did not answer with a JSON Web Key Set';
    throw new IssuerUnusable('issuer_keys_invalid', message, { cause });
  }
}

function invalidMetadata(why: string, cause?: unknown): IssuerUnusable {
  const message = `the issuer's metadata is refused: ${why}`;
  return new IssuerUnusable('issuer_metadata_invalid', message, { cause });
}
