import { randomBytes } from 'node:crypto';

/** @see https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
const MAX_USES = 5;
const LIFE_MS = 30 * 60_000;

interface Known {
  readonly user: string;
  readonly until: number;
  usesLeft: number;
}

/** The addresses at which an app may answer one interaction: five times, for half an hour, without a token. */
export class ResponseUrls {
  readonly #known = new Map<string, Known>();

  constructor(private readonly now: () => number) {}

  /** Path of a new address whose answers this user sees. */
  issue(user: string): string {
    const path = `/response/${randomBytes(18).toString('base64url')}`;
    this.#known.set(path, { user, until: this.now() + LIFE_MS, usesLeft: MAX_USES });
    return path;
  }

  /** Who sees what is sent here now; otherwise what Slack says to the app. */
  use(path: string): { readonly user: string } | { readonly error: 'expired_url' | 'used_url' } {
    const known = this.#known.get(path);
    if (known === undefined || known.until <= this.now()) return { error: 'expired_url' };
    if (known.usesLeft === 0) return { error: 'used_url' };
    known.usesLeft -= 1;
    return { user: known.user };
  }
}
