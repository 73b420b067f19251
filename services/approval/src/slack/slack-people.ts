import { principalId, type HumanDocument, type Principal } from '@drawbridge/contracts';

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

/** The groups by which somebody decides in Slack; none for whom the configuration no longer knows. */
export type SlackGroups = (human: Principal) => readonly string[];

/** The groups that the `Human` documents with a Slack account give. */
export function slackGroups(humans: readonly HumanDocument[]): SlackGroups {
  const known = new Map(
    humans.flatMap(({ spec }) =>
      spec.slack === undefined ? [] : [[principalId(spec), spec.groups] as const],
    ),
  );
  return (human) => known.get(principalId(human)) ?? [];
}

const keyOf = ({ team, user }: SlackAccount): string => `${team}/${user}`;
