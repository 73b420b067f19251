import { Explanation, type ExplainInput } from '@drawbridge/contracts';
import { EXPLAIN_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';
import { IngressRefused } from '../ingress-refused.js';

const ANSWER_MS = 5_000;

/** What policy would say to a request now. */
export type AskPolicy = (input: ExplainInput) => Promise<Explanation>;

/**
 * Asks whichever replica of policy answers.
 *
 * @throws `policy_unavailable` when none does in time, or none that can be understood
 */
export const askPolicy =
  (connection: JetStreamConnection): AskPolicy =>
  async (input) => {
    try {
      const question = JSON.stringify(input);
      const { nats } = connection;
      const answer = await nats.request(EXPLAIN_SUBJECT, question, { timeout: ANSWER_MS });
      return Explanation.parse(answer.json());
    } catch (cause) {
      const message = 'the policy service does not answer right now: try again';
      throw new IngressRefused('policy_unavailable', message, { cause });
    }
  };
