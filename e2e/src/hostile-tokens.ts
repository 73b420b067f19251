import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { z } from 'zod';
import { DEMO_AUDIENCE } from '@drawbridge/laptop';
import type { DemoIdentityProvider } from '@drawbridge/embedded';

type Claims = Readonly<Record<string, unknown>>;

const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** Genuine tokens of whoever a test wants, and forgeries made of them. */
export class HostileTokens {
  constructor(private readonly identityProvider: DemoIdentityProvider) {}

  /** What a genuine token of agent-oncall says; `undefined` leaves a claim out. */
  agentClaims(changes: Claims = {}): Claims {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.identityProvider.issuer,
      sub: 'agent-oncall',
      aud: DEMO_AUDIENCE,
      groups: ['oncall-agents'],
      owner: 'dana@corp.test',
      principal_type: 'agent',
      iat: now - 5,
      exp: now + 600,
      ...changes,
    };
  }

  /** Signed by the trusted issuer, whatever it says. */
  agent(changes: Claims = {}): Promise<string> {
    return this.identityProvider.sign({ ...this.agentClaims(changes) });
  }

  human(name: string, groups: readonly string[]): Promise<string> {
    const email = `${name}@corp.test`;
    const who = { sub: `human-${name}`, email, groups, owner: undefined };
    return this.agent({ ...who, principal_type: 'human' });
  }

  /** Signed by nobody. */
  unsigned(header: Claims, changes: Claims = {}): string {
    return `${base64url(header)}.${base64url(this.agentClaims(changes))}.`;
  }

  /** HS256 with the issuer's public key, which everybody can read, as the secret. */
  async hmacWithPublicKey(): Promise<string> {
    const answer = await fetch(`${this.identityProvider.issuer}/jwks`);
    const { keys } = z
      .object({ keys: z.array(z.looseObject({ kid: z.string() })).min(1) })
      .parse(await answer.json());
    const [key] = keys;
    const publicKey = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    const secret = publicKey.export({ type: 'spki', format: 'pem' });
    const body = this.unsigned({ alg: 'HS256', typ: 'at+jwt', kid: key?.kid }).slice(0, -1);
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
  }

  /** A genuine token under another header, so its signature no longer fits. */
  async withHeader(header: Claims): Promise<string> {
    const [, claims, signature] = (await this.agent()).split('.');
    return `${base64url(header)}.${claims}.${signature}`;
  }
}
