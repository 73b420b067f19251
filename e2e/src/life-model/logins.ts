import type { Principal, StepUpProof } from '@drawbridge/contracts';
import { pick } from './choice.js';
import { loginWanted } from './policies.js';
import type { World } from './world.js';

export const loginOf = ({ bus }: World, { issuer }: Principal, agoMs: number): StepUpProof => ({
  issuer,
  authTime: new Date(bus.nowMs - agoMs).toISOString(),
  amr: ['hwk'],
});

/** A login: mostly a fresh and strong one of whoever approves; or none, an old one, a weak one, or another's. */
export function proofOf(world: World, approver: Principal, n: number): { proof?: StepUpProof } {
  const login = (agoMs: number, more: Partial<StepUpProof> = {}) => ({
    proof: { ...loginOf(world, approver, agoMs), ...more },
  });
  const longAgoMs = loginWanted.maxAgeSeconds * 1_000;
  const fresh = login(20_000);
  return pick(
    [
      ...[fresh, fresh, fresh, fresh, {}, fresh, login(longAgoMs + 5_000), fresh],
      ...[login(20_000, { amr: ['pwd'] }), login(20_000, { issuer: 'https://other.test' })],
      ...[fresh, login(-90_000), login(longAgoMs), login(40_000), login(310_000)],
    ],
    n,
  );
}
