import {
  boundedFetch,
  outboundAddress,
  OutboundFailed,
  type OutboundFailure,
} from '@drawbridge/runtime';
import { IssuerUnusable, type IssuerProblem } from './issuer-unusable.js';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1_048_576;

export interface FetchOptions {
  readonly allowInsecureHttp: boolean;
  /** PEM; only these are believed then. Default: the system's roots. */
  readonly certificateAuthority?: string;
  /** For the whole exchange. @default 10000 */
  readonly timeoutMs?: number;
}

const codes: Readonly<Record<OutboundFailure, IssuerProblem>> = {
  address_refused: 'issuer_address_refused',
  no_answer: 'issuer_unreachable',
  answer_too_large: 'issuer_response_too_large',
};

/**
 * A `GET` for metadata and keys of issuers: 10 seconds for everything, at most 1 MiB.
 *
 * @throws {@link IssuerUnusable}
 */
export async function issuerFetch(address: string, options: FetchOptions): Promise<Response> {
  try {
    return await boundedFetch(address, { timeoutMs: TIMEOUT_MS, ...options, maxBytes: MAX_BYTES });
  } catch (error) {
    throw asIssuerUnusable(error);
  }
}

/** @throws {@link IssuerUnusable} `issuer_address_refused` */
export function issuerAddress(address: string, allowInsecureHttp: boolean): URL {
  try {
    return outboundAddress(address, allowInsecureHttp);
  } catch (error) {
    throw asIssuerUnusable(error);
  }
}

const asIssuerUnusable = (error: unknown): unknown =>
  error instanceof OutboundFailed
    ? new IssuerUnusable(codes[error.reason], error.message, { cause: error })
    : error;
