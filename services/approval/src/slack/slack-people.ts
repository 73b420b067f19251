import type { Principal } from '@drawbridge/contracts';
import { withOnCall, type People } from '@drawbridge/people';

/** A Slack account: ids are unique within a workspace only. */
export interface SlackAccount {
  readonly team: string;
  readonly user: string;
}

/** Who in the company a Slack account is. `undefined`: nobody we know, so nobody who may decide. */
export type SlackPeople = (account: SlackAccount) => Principal | undefined;

/** The mapping that the `Human` documents of the configuration define, with who is on call at this instant. */
export function slackPeople(people: People, at: string): SlackPeople {
  return ({ team, user }) => {
    const human = people.humans.find(({ slack }) => slack?.team === team && slack.user === user);
    return human && withOnCall(people, human.principal, at);
  };
}
