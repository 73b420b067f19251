import { demoPeople } from '@drawbridge/embedded';
import type { Laptop } from '../laptop.js';
import { DEMO_CONNECTION } from '../demo-configuration.js';
import type { Actors } from './actors.js';
import { logIn } from './log-in.js';
import type { Narrator } from './narrator.js';
import { requestIdIn } from './request-id-in.js';
import { useWideGrant } from './wide-grant.js';

/** Seconds the story's grant is open: the shortest that policy offers, so that its end can be watched. */
const GRANT_SECONDS = 30;

export interface Story {
  readonly laptop: Laptop;
  readonly actors: Actors;
  readonly narrator: Narrator;
}

/** Plays the on-call story with real commands. Ends when the grant has expired and the record was read. */
export async function tellOnCallStory(story: Story): Promise<void> {
  await atRest(story);
  const requestId = await ask(story);
  await approveInSlack(story, requestId);
  await restart(story);
  await stayInside(story);
  await watchUntilTheEnd(story, requestId);
  await useWideGrant(story);
  await readTheRecord(story, requestId);
}

async function atRest({ narrator, actors }: Story): Promise<void> {
  narrator.title(
    'At rest, the agent can do nothing',
    'agent-oncall logs in at the identity provider (client credentials) and has a kubeconfig that points at Drawbridge.\nIt holds no cluster credential, and there is no grant.',
  );
  const { agent } = actors;
  await narrator.show(agent.drawbridge('login', '--client-id', 'agent-oncall'), {
    exitCode: 'zero',
  });
  await narrator.show(
    agent.drawbridge(
      'kubeconfig',
      '--connection',
      DEMO_CONNECTION,
      '--output-file',
      agent.kubeconfig,
      '--use',
    ),
    { exitCode: 'zero' },
  );
  await narrator.show(agent.kubectl('get', 'pods', '-n', 'payments'), {
    exitCode: 'other',
    output: /Forbidden/,
  });
}

async function ask({ narrator, actors }: Story): Promise<string> {
  narrator.title(
    'checkout fails its readiness probe: the agent asks for one action, in one namespace, for a short time',
    'Policy validates the request and finds that production needs one human of sre-oncall who is not the agent’s owner.',
  );
  const { stdout } = await narrator.show(
    actors.agent.drawbridge(
      'request',
      'deployment/checkout',
      '--connection',
      DEMO_CONNECTION,
      '--action',
      'rollout-restart',
      '--namespace',
      'payments',
      '--duration',
      `${GRANT_SECONDS}s`,
      '--reason',
      'readiness probe failing',
      '--ticket',
      'INC-4211',
    ),
    { exitCode: 'zero' },
  );
  return requestIdIn(stdout);
}

async function approveInSlack(
  { narrator, actors, laptop }: Story,
  requestId: string,
): Promise<void> {
  narrator.title(
    'Slack shows a card; an on-call engineer presses Approve',
    'Read back through Slack’s Web API; the click is the signed interaction that Slack would send.',
  );
  const { slack } = laptop;
  narrator.shell('conversations.history --channel drawbridge-approvals');
  narrator.say(await slack.readCard(requestId));
  narrator.shell('Dana, who owns the agent, presses Approve');
  narrator.say(await slack.pressApprove({ requestId, human: 'dana' }));
  narrator.shell('Alice, on call, presses Approve');
  await slack.pressApprove({ requestId, human: 'alice' });
  narrator.say(await slack.cardShowing(requestId, /alice/i));
  await narrator.show(actors.agent.drawbridge('status', requestId, '--wait'), {
    exitCode: 'zero',
    output: /granted/,
  });
}

async function restart({ narrator, actors: { agent } }: Story): Promise<void> {
  narrator.title(
    'The bridge is down for this action: plain kubectl works',
    'Each call is checked against the grant and goes on with the gateway’s own credential; nothing is changed or shown off the record.',
  );
  await narrator.show(
    agent.kubectl('rollout', 'restart', 'deployment/checkout', '-n', 'payments'),
    {
      exitCode: 'zero',
      output: /restarted/,
    },
  );
  await narrator.show(agent.kubectl('rollout', 'status', 'deployment/checkout', '-n', 'payments'), {
    exitCode: 'zero',
    output: /successfully rolled out/,
  });
}

async function stayInside({ narrator, actors: { agent } }: Story): Promise<void> {
  narrator.title(
    'Nothing else is allowed',
    'A refusal is a Kubernetes Status: it says which rule refused and what to ask for.',
  );
  await narrator.show(agent.kubectl('get', 'secret', 'db', '-n', 'payments', '-o', 'yaml'), {
    exitCode: 'other',
    output: /Forbidden/,
  });
  await narrator.show(agent.kubectl('rollout', 'restart', 'deployment/checkout', '-n', 'default'), {
    exitCode: 'other',
    output: /Forbidden/,
  });
}

async function watchUntilTheEnd(
  { narrator, actors: { agent } }: Story,
  requestId: string,
): Promise<void> {
  narrator.title(
    `After ${GRANT_SECONDS} seconds the bridge goes up by itself`,
    'A watch that is still open is cut when the grant ends; the next call is refused.',
  );
  await narrator.show(agent.kubectl('get', 'deployment', 'checkout', '-n', 'payments', '--watch'), {
    // kubectl prints the reason that ends a watch as a last row, and calls that a success.
    exitCode: 'zero',
    output: /grant_expired/,
  });
  await narrator.show(agent.kubectl('get', 'deployment', 'checkout', '-n', 'payments'), {
    exitCode: 'other',
    output: /Forbidden/,
  });
  await narrator.show(agent.drawbridge('status', requestId), {
    exitCode: 'zero',
    output: /expired/,
  });
}

async function readTheRecord(
  { narrator, actors, laptop }: Story,
  requestId: string,
): Promise<void> {
  narrator.title(
    'Everything is on the record',
    'Bob (auditors) logs in with the device flow, reads what happened from ClickHouse, and checks that nobody changed it.',
  );
  const { auditor } = actors;
  const [, bob] = demoPeople.humans;
  const { identityProvider } = laptop;
  await logIn(auditor, { narrator, identityProvider, humanId: bob.id });
  await narrator.show(auditor.drawbridge('audit', 'events', '--request', requestId), {
    exitCode: 'zero',
    output: /GrantExpired/,
  });
  await narrator.show(auditor.drawbridge('audit', 'session', requestId), {
    exitCode: 'zero',
    output: /patch deployments.apps checkout in payments -> 200/,
  });
  await narrator.show(auditor.drawbridge('audit', 'verify'), {
    exitCode: 'zero',
    output: /the record is what was sealed/,
  });
}
