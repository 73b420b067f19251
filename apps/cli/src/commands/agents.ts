import { DisabledAgentsView, type AgentSwitchInput } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { exitCode } from '../exit-code.js';
import { onlyIssuer } from '../input/only-issuer.js';
import { disabledTable } from '../output/agents-text.js';
import { action, examples, sharedOptions, type Registrar } from './command-context.js';

interface SwitchOptions {
  readonly issuer?: string;
  readonly reason: string;
}

/** `drawbridge agents disable`, `enable` and `list` */
export function registerAgents(registrar: Registrar): void {
  const agents = registrar.program
    .command('agents')
    .summary('disable agents, and enable them again')
    .description('Says whose tokens are refused whatever their issuer says. For administrators.');
  const inGroup = { ...registrar, program: agents };
  const { program } = inGroup;
  registerSwitch(
    inGroup,
    'disable',
    switchOptions(
      program
        .command('disable')
        .summary('refuse every token of an agent from now on')
        .description(
          'Refuses every token of an agent, here and at the gateway, and ends its grants and open streams within a second. Its requests are denied.',
        )
        .addHelpText(
          'after',
          examples(['drawbridge agents disable agent-oncall -r "its secret was found in a log"']),
        ),
    ),
  );
  registerSwitch(
    inGroup,
    'enable',
    switchOptions(
      program
        .command('enable')
        .summary('believe the tokens of an agent again')
        .description('Believes the tokens of an agent again. What had ended stays ended.')
        .addHelpText('after', examples(['drawbridge agents enable agent-oncall -r "new secret"'])),
    ),
  );
  registerList(inGroup);
}

function registerSwitch(registrar: Registrar, verb: 'disable' | 'enable', command: Command): void {
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const [subject = ''] = shown.args;
      const { issuer, reason } = shown.opts<SwitchOptions>();
      const body: AgentSwitchInput = {
        issuer: issuer ?? (await onlyIssuer(context)),
        subject,
        reason,
      };
      const api = await context.ingress();
      const path = `/v1/agents/${verb}`;
      const view = await api.call({ method: 'POST', path, body, answer: DisabledAgentsView });
      context.show(view, () => disabledTable(view));
      return exitCode.ok;
    }),
  );
}

function registerList(registrar: Registrar): void {
  const command = registrar.program
    .command('list')
    .summary('list the agents that are disabled')
    .description('Lists the agents that are disabled, by whom and why.');
  sharedOptions(command).action(
    action(registrar, async (context) => {
      const api = await context.ingress();
      const view = await api.call({ path: '/v1/agents/disabled', answer: DisabledAgentsView });
      context.show(view, () => disabledTable(view));
      return exitCode.ok;
    }),
  );
}

const switchOptions = (command: Command): Command =>
  command
    .argument('<subject>', 'the agent, as "drawbridge grants" lists it')
    .option('--issuer <url>', 'issuer of its tokens, where there are several')
    .requiredOption('-r, --reason <text>', 'why; recorded');
