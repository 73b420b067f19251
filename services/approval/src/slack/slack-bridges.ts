import type { Bridges } from '../nats/bridges.js';
import type { OpenGrants } from '../nats/open-grants.js';
import { bridgesView, type BridgesMetadata, type BridgesSubmission } from './bridges-view.js';
import { REASON_BLOCK, REASON_INPUT } from './deny-view.js';
import { typedLine } from './interaction.js';
import { neutralMrkdwn } from './neutral-text.js';
import { openDialog } from './open-dialog.js';
import { slackHuman, type KnownPeople } from './slack-human.js';
import { SlackRefused } from './slack-refused.js';
import type { SlackWorkspace } from './slack-workspace.js';
import { stopTargetOf, targetLength, targetWords } from './stop-words.js';

export interface SlackBridgesOptions extends KnownPeople {
  readonly bridges: Pick<Bridges, 'check' | 'raise' | 'release'>;
  readonly grants: Pick<OpenGrants, 'goingOn'>;
  readonly workspace: Pick<SlackWorkspace, 'openDialog' | 'botUserId' | 'tell'>;
}

type Who = Parameters<typeof slackHuman>[0];

/** Raises and releases bridges from Slack, by the rules of the HTTP API; never without a dialog that says what it does. */
export class SlackBridges {
  constructor(private readonly options: SlackBridgesOptions) {}

  /**
   * Opens that dialog, for who may.
   *
   * @param words - what was typed behind the order: the target, and perhaps a reason
   * @throws SlackRefused, StopRefused, TargetUnknown
   */
  async ask(
    who: Who,
    {
      order,
      words,
      triggerId,
    }: {
      readonly order: BridgesMetadata['order'];
      readonly words: readonly string[];
      readonly triggerId: string;
    },
  ): Promise<void> {
    const { bridges, grants, workspace } = this.options;
    const by = slackHuman(who, this.options);
    const target = stopTargetOf(words, grants.goingOn);
    const openGrants = bridges.check({ order, by, target });
    const reason = typedLine(words.slice(targetLength(words)).join(' '));
    const view = bridgesView({ order, target, openGrants, reason });
    await openDialog(workspace, triggerId, view);
  }

  /** @throws SlackRefused, StopRefused, TargetUnknown, EventStoreError */
  async submit(submission: BridgesSubmission, causationId: string): Promise<undefined> {
    const { bridges } = this.options;
    const by = slackHuman(submission, this.options);
    const { order: what, target } = submission.view.private_metadata;
    const reason = typedLine(submission.view.state.values[REASON_BLOCK][REASON_INPUT].value);
    if (reason === undefined) throw new SlackRefused('slack_reason_missing', 'there is no reason');
    const order = { by, via: 'slack', target, reason, causationId } as const;
    if (what === 'release') {
      await bridges.release(order);
      await this.#tell(submission, `Released: ${targetWords(target)}.`);
    } else {
      const { openGrants } = await bridges.raise({ ...order, keep: true });
      await this.#tell(
        submission,
        `Raised: ${targetWords(target)}. Open grants that end now: ${openGrants}.`,
      );
    }
    return undefined;
  }

  /** That it is done stands in the record; not being told so changes nothing. */
  async #tell({ user }: BridgesSubmission, words: string): Promise<void> {
    const { workspace } = this.options;
    await workspace.tell(user.id, neutralMrkdwn(words, 500)).catch(() => undefined);
  }
}
