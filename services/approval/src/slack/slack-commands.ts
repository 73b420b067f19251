import { setTimeout as delay } from 'node:timers/promises';
import { overviewBlocks, type Overview } from './overview-blocks.js';
import { lines, text } from './rich-text.js';
import { neutralMrkdwn, neutralText } from './neutral-text.js';
import type { SlackAnswers } from './slack-answers.js';
import type { SlackBridges } from './slack-bridges.js';
import type { SlackDesk } from './slack-desk.js';
import { typedLine } from './interaction.js';
import { typedBy, type SlashCommand } from './slash-command.js';
import type { EphemeralAnswer, SlackWorkspace } from './slack-workspace.js';

/** Slack shows an error after 3 s; from here on the answer comes at the address that Slack gave for it. */
const ACKNOWLEDGE_MS = 2_000;
/** Of each list; a message holds 50 blocks. */
const MOST = 8;

export interface SlackCommandsOptions {
  readonly desk: Pick<SlackDesk, 'overview' | 'askRevocation' | 'askExtension' | 'revoke'>;
  readonly bridges: Pick<SlackBridges, 'ask'>;
  readonly answers: Pick<SlackAnswers, 'explain' | 'take'>;
  readonly workspace: Pick<SlackWorkspace, 'respond'>;
}

/** Answers `/drawbridge …`, to whoever typed it alone. */
export class SlackCommands {
  constructor(private readonly options: SlackCommandsOptions) {}

  async take(
    command: SlashCommand,
    ack: (answer?: EphemeralAnswer) => Promise<void>,
  ): Promise<void> {
    const answering = this.#answer(command);
    const late = Symbol('late');
    const inTime = await Promise.race([answering, delay(ACKNOWLEDGE_MS, late)]);
    if (inTime !== late) return ack(inTime);
    await ack();
    await this.options.workspace
      .respond(command.response_url, await answering)
      .catch((error: unknown) => void this.options.answers.explain(error));
  }

  async #answer(command: SlashCommand): Promise<EphemeralAnswer> {
    try {
      await this.options.answers.take(command.trigger_id);
      return await this.#do(command);
    } catch (error) {
      return said(this.options.answers.explain(error));
    }
  }

  async #do(command: SlashCommand): Promise<EphemeralAnswer> {
    const { desk } = this.options;
    const who = typedBy(command);
    const [what = '', ...rest] = command.text.trim().split(/\s+/);
    const [requestId, ...words] = rest;
    if (what === 'list') return listed(await desk.overview(who, MOST));
    if ((what === 'raise' || what === 'release') && requestId !== undefined) {
      const triggerId = command.trigger_id;
      await this.options.bridges.ask(who, { order: what, words: rest, triggerId });
      return said('Say why in the dialog.');
    }
    if (requestId === undefined) return said(HELP);
    if (what === 'extend') {
      await desk.askExtension(who, { requestId, triggerId: command.trigger_id });
      return said('Say how much longer, and why, in the dialog.');
    }
    return what === 'revoke' ? this.#revoke(command, requestId, words) : said(HELP);
  }

  async #revoke(
    command: SlashCommand,
    requestId: string,
    words: readonly string[],
  ): Promise<EphemeralAnswer> {
    const { desk } = this.options;
    const who = typedBy(command);
    const reason = typedLine(words.join(' '));
    if (reason === undefined) {
      await desk.askRevocation(who, { requestId, triggerId: command.trigger_id });
      return said('Say why in the dialog.');
    }
    await desk.revoke(who, { requestId, reason, causationId: command.trigger_id });
    return said('Ordered: the grant ends now.');
  }
}

const HELP = [
  '/drawbridge list: what waits for you and what is open',
  '/drawbridge revoke <request> [reason]: ends a grant at once',
  '/drawbridge raise <all | connection | agent subject>: ends all that is open there, and grants nothing until a release',
  '/drawbridge release <all | connection | agent subject>: grants again',
  '/drawbridge extend <request>: asks for more time for a grant that runs',
  '/drawbridge help: this',
].join('\n');

const listed = (overview: Overview): EphemeralAnswer => ({
  text: `${overview.waitingTotal} wait for you, ${overview.openTotal} are open`,
  blocks: overviewBlocks(overview),
});

const said = (words: string): EphemeralAnswer => ({
  text: neutralMrkdwn(words, 500),
  blocks: [lines(words.split('\n').map((line) => [text(neutralText(line, 300))]))],
});
