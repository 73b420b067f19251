import type { Principal } from '@drawbridge/contracts';
import type { MemberOf } from '@drawbridge/people';
import type { StopsNow } from '@drawbridge/stops';
import type { Opinion } from './model-opinion.js';

/** What is so at the moment of a judgement, beside what the configuration says. */
export interface Circumstances {
  /** UTC, RFC 3339. */
  readonly at: string;
  /** What directories say of people; absent where none is asked. */
  readonly members?: MemberOf;
  /** Whether nothing that this human says counts any more. */
  readonly isDisabled: (human: Principal) => boolean;
  /** Raised bridges and disabled agents. */
  readonly stops: StopsNow;
  /** What the risk model said, by `opinionKey`; absent: it was not asked. */
  readonly opinions?: ReadonlyMap<string, Opinion>;
  /** Absent while the history of requests is not known. */
  readonly history?: RequesterHistory;
  /** States of the request's ticket by webhook, of those that are known; absent: nobody asked. */
  readonly tickets?: ReadonlyMap<string, string>;
  /** Places that were asked for, by {@link rateKey}; absent: nobody asked. */
  readonly places?: ReadonlyMap<string, Place>;
}

/** What a requester did before, other requests than the one that is judged. */
export interface RequesterHistory {
  readonly isFirstHere: boolean;
  readonly requestsInLastHour: number;
  readonly deniedInLastDay: number;
}

/** Whether one more is possible in these 60 minutes; `unknown` counts as no. */
export type Place = 'free' | 'taken' | 'unknown';

/** A limit of so many in an hour, of one rule of one policy and for one requester. */
export interface RateLimit {
  readonly policy: string;
  readonly rule: string;
  readonly requester: Principal;
  readonly perHour: number;
}

export const rateKey = ({ policy, rule }: Pick<RateLimit, 'policy' | 'rule'>): string =>
  `${policy}.${rule}`;
