import type { HumanDocument, Principal } from '@drawbridge/contracts';

/** A Slack account: ids are unique within a workspace only. */
export interface SlackAccount {
  readonly team: string;
  readonly user: string;
}

/** Who in the company a Slack account is. `undefined`: nobody we know, so nobody who may decide. */
export type SlackPeople = (account: SlackAccount) => Principal | undefined;

/** The mapping that the `Human` documents of the configuration define. */
export function slackPeople(humans: readonly HumanDocument[]): SlackPeople {
  const known = new Map(
    humans.flatMap(({ spec: { slack, issuer, subject, email, groups } }) =>
      slack === undefined
        ? []
        : [[keyOf(slack), { kind: 'human', issuer, subject, email, groups } as const]],
    ),
  );
  return (account) => known.get(keyOf(account));
}

const keyOf = ({ team, user }: SlackAccount): string => `${team}/${user}`;
