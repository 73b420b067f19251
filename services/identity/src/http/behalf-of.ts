import type { Request } from 'express';
import { principalId, type AccessRequestInput, type Behalf } from '@drawbridge/contracts';
import { headerValues, TokenRefused, type VerifiedToken } from '@drawbridge/token';
import { IngressRefused } from '../ingress-refused.js';
import { callerOf } from './caller-of.js';
import type { Ingress } from './ingress.js';

/** Beside the caller's own `Authorization`: `Bearer <token of the human>`. */
export const BEHALF_HEADER = 'Drawbridge-On-Behalf-Of';

/** What is asked, and for whom. */
export interface AskedFor {
  readonly request: AccessRequestInput;
  readonly behalf?: Behalf;
}

/**
 * For whom a request is made: the human whose token the caller shows, or whom it names without one. The token is
 * verified like the caller's own, and is kept nowhere; what is recorded names the human in the request too, so that
 * nobody who reads it can pass over them.
 *
 * @throws `behalf_token_invalid`
 */
export async function askedFor(
  request: Request,
  body: AccessRequestInput,
  { verifier }: Pick<Ingress, 'verifier'>,
): Promise<AskedFor> {
  const { onBehalfOf } = body;
  const shown = headerValues(request.rawHeaders, BEHALF_HEADER);
  if (shown.length === 0) {
    if (onBehalfOf === undefined) return { request: body };
    const human = { kind: 'human' as const, ...onBehalfOf, groups: [] };
    return { request: body, behalf: { human, proof: 'none' } };
  }
  const { principal: human } = await verify(verifier, shown);
  if (human.kind !== 'human') throw invalid('it is not the token of a human');
  if (principalId(human) === principalId(callerOf(request).principal)) {
    throw invalid('it is your own: ask without it');
  }
  if (onBehalfOf !== undefined && principalId(onBehalfOf) !== principalId(human)) {
    throw invalid('it is of another human than onBehalfOf names');
  }
  const { issuer, subject } = human;
  return {
    request: { ...body, onBehalfOf: { issuer, subject } },
    behalf: { human, proof: 'token' },
  };
}

async function verify(
  verifier: Ingress['verifier'],
  shown: readonly string[],
): Promise<VerifiedToken> {
  try {
    return await verifier.verify(shown);
  } catch (error) {
    if (!(error instanceof TokenRefused) || error.code === 'trust_unavailable') throw error;
    throw invalid(`${error.message} (${error.code})`);
  }
}

const invalid = (why: string): IngressRefused =>
  new IngressRefused('behalf_token_invalid', `the token in ${BEHALF_HEADER} is refused: ${why}`);
