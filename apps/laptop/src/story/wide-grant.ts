import { DEMO_CONNECTION } from '../demo-configuration.js';
import { startCommand, type CommandResult } from '../run-command.js';
import type { Story } from './on-call-story.js';
import { requestIdIn } from './request-id-in.js';
import { StoryBroken } from './narrator.js';

const GRANT_SECONDS = 300;
/** `drawbridge:masked:` in base64, as it stands in the data of a Secret. */
const PLACEHOLDER = 'ZHJhd2JyaWRnZTptYXNrZWQ6';

/** A grant that allows nearly everything in one namespace, and what it does not give away. */
export async function useWideGrant(story: Story): Promise<void> {
  await getWideGrant(story);
  await seeMaskedSecret(story);
  await deleteDenied(story);
  await deleteApproved(story);
}

async function getWideGrant({ narrator, actors: { agent }, laptop: { slack } }: Story) {
  narrator.title(
    'The same agent asks for nearly everything in payments, and Alice approves',
    'A grant this wide is what an agent without Drawbridge has all day.',
  );
  const { stdout } = await narrator.show(
    agent.drawbridge(
      ...['request', '--connection', DEMO_CONNECTION, '--action', 'wide'],
      ...['--namespace', 'payments', '--duration', `${GRANT_SECONDS}s`],
      ...['--reason', 'checkout cannot reach its database', '--ticket', 'INC-4212'],
    ),
    { exitCode: 'zero' },
  );
  const requestId = requestIdIn(stdout);
  await slack.pressApprove({ requestId, human: 'alice' });
  await narrator.show(agent.drawbridge('status', requestId, '--wait'), {
    exitCode: 'zero',
    output: /granted/,
  });
}

async function seeMaskedSecret({ narrator, actors: { agent } }: Story): Promise<void> {
  narrator.title(
    'It may read the secret, and gets a placeholder for the value',
    'The same value has the same placeholder, so the agent sees that a secret has changed, and never what it is.',
  );
  await narrator.show(agent.kubectl('get', 'secret', 'db', '-n', 'payments', '-o', 'yaml'), {
    exitCode: 'zero',
    output: new RegExp(`password: ${PLACEHOLDER}`),
  });
}

async function deleteDenied(story: Story): Promise<void> {
  const { narrator, actors, laptop } = story;
  narrator.title(
    'It deletes the namespace: the call is held, and kubectl waits',
    'Slack shows what the cluster says would happen. Alice says no.',
  );
  const command = actors.agent.kubectl('delete', 'namespace', 'payments');
  const ran = await narrator.showing(
    command,
    (write) => startCommand(command, write),
    async () => {
      narrator.say(await laptop.slack.readHold(/delete namespaces "payments"/));
      narrator.shell('Alice, on call, presses Deny and says why');
      await laptop.slack.denyHold(/delete namespaces "payments"/, {
        human: 'alice',
        reason: 'restart checkout instead',
      });
    },
  );
  expectEnd(command.shown, ran, { refusedWith: /hold_denied.*restart checkout instead/ });
  await narrator.show(actors.agent.kubectl('get', 'deployments', '-n', 'payments'), {
    exitCode: 'zero',
    output: /checkout/,
  });
}

async function deleteApproved(story: Story): Promise<void> {
  const { narrator, actors, laptop } = story;
  narrator.title(
    'It deletes one secret: held too, and with Alice’s approval let through once',
    'The approval is for this very call; with another body, or a second time, it is asked again.',
  );
  const command = actors.agent.kubectl('delete', 'secret', 'db', '-n', 'payments');
  const ran = await narrator.showing(
    command,
    (write) => startCommand(command, write),
    async () => {
      narrator.say(await laptop.slack.readHold(/delete secrets "db"/));
      narrator.shell('Alice, on call, presses Approve once');
      await laptop.slack.approveHold(/delete secrets "db"/, 'alice');
    },
  );
  expectEnd(command.shown, ran, {});
  narrator.say(await laptop.slack.readHold(/delete secrets "db"/, /Approved and let through/));
}

interface Expected {
  /** Absent: it succeeds. */
  readonly refusedWith?: RegExp;
}

function expectEnd(step: string, { exitCode, output }: CommandResult, expected: Expected): void {
  const { refusedWith } = expected;
  if (refusedWith === undefined) {
    if (exitCode !== 0) throw new StoryBroken(step, 'success', output);
  } else if (exitCode === 0 || !refusedWith.test(output)) {
    throw new StoryBroken(step, `a refusal matching ${refusedWith.source}`, output);
  }
}
