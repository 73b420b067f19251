import { principalId, type Member, type Principal } from '@drawbridge/contracts';

/** Twice what the clocks of two services may differ by, and a little: so much later is certainly later. */
export const READ_BEHIND_MS = 5_000;
/** Of so many the newest reading is remembered. */
const MAX_MEMBERS = 10_000;

type Account = Pick<Principal, 'issuer' | 'subject'>;

/** Tells what the directory says of somebody; `undefined` when it was never asked, or there is none. */
export type MemberOf = (account: Account) => Member | undefined;

/** The newest reading of everybody whom a directory was asked about. */
export class Members {
  readonly #members = new Map<string, Member>();

  /**
   * Takes what the bucket says, in its order: there each reading follows the one it was compared with. By `readAt` the
   * reading of a replica whose clock is ahead would hide what another one reads behind it.
   *
   * @returns whether it is something else than what was known
   */
  take(member: Member): boolean {
    const id = principalId(member);
    if (JSON.stringify(this.#members.get(id)) === JSON.stringify(member)) return false;
    this.#members.delete(id);
    this.#members.set(id, member);
    const [oldest] = this.#members.keys();
    if (this.#members.size > MAX_MEMBERS && oldest !== undefined) this.#members.delete(oldest);
    return true;
  }

  readonly of: MemberOf = (account) => this.#members.get(principalId(account));
}

/**
 * Whether a reading is certainly of after an instant. Only then it says more than the token that was believed at that
 * instant: who was let into a group just before is not in an older one.
 */
export const isReadBehind = ({ readAt }: Member, at: string): boolean =>
  Date.parse(readAt) >= Date.parse(at) + READ_BEHIND_MS;
