import type { LoggerService } from '@nestjs/common';
import { NamesQuestion, type ConnectionDocument, type NamesAnswer } from '@drawbridge/contracts';
import { NAMES_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';
import { Turns } from '@drawbridge/runtime';
import { askAsGateway } from '../names/ask-cluster.js';
import { findNames } from '../names/find-names.js';
import { GatewayUpstreams } from '../names/gateway-upstreams.js';
import type { Upstream } from '../upstream/upstream.js';

/** All of an answer, the time in which it waits for its turn included: whoever asks waits three seconds. */
const ANSWER_MS = 2_500;
/** Lists are read beside the calls of agents. */
const TURNS = { running: 2, waiting: 16 } as const;

export interface AnswerNamesOptions {
  readonly connection: Pick<JetStreamConnection, 'nats'>;
  /** The cluster as the gateway itself: nothing of an agent on its requests. */
  readonly openUpstream: (document: ConnectionDocument) => Pick<Upstream, 'prepare' | 'destroy'>;
  readonly logger: LoggerService;
}

/**
 * Says on {@link NAMES_SUBJECT} which namespaces have some labels, or which objects have such names; one gateway answers
 * each question. What cannot be read gets no answer, which is taken as none.
 */
export class NameAnswers {
  readonly #upstreams: GatewayUpstreams;
  readonly #turns = new Turns(TURNS);
  readonly #unsubscribe: () => void;

  constructor(private readonly options: AnswerNamesOptions) {
    this.#upstreams = new GatewayUpstreams(options.openUpstream);
    const subscription = options.connection.nats.subscribe(NAMES_SUBJECT, {
      queue: 'proxy',
      callback: (error, message) => {
        if (error !== null) return;
        const question = NamesQuestion.safeParse(readJson(message.data));
        if (!question.success) return;
        void this.#answer(question.data)
          .then((answer) => message.respond(JSON.stringify(answer)))
          .catch((cause: unknown) => this.#warn(question.data, cause));
      },
    });
    this.#unsubscribe = () => subscription.unsubscribe();
  }

  replace(documents: readonly ConnectionDocument[]): void {
    this.#upstreams.replace(documents);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#upstreams.close();
  }

  async #answer(question: NamesQuestion): Promise<NamesAnswer> {
    const unavailable: NamesAnswer = { refusal: 'unavailable' };
    const endsAtMs = performance.now() + ANSWER_MS;
    const work = async () => {
      const upstream = this.#upstreams.get(question.connection);
      if (upstream === undefined) return unavailable;
      return findNames(askAsGateway(upstream, endsAtMs), question.lookup);
    };
    try {
      return (await this.#turns.take(() => inTime(work, endsAtMs))) ?? unavailable;
    } catch (error) {
      this.#warn(question, error);
      return unavailable;
    }
  }

  #warn({ connection, lookup }: NamesQuestion, cause: unknown): void {
    const reason = cause instanceof Error ? cause.name : 'unknown error';
    const code = cause instanceof Error && 'code' in cause ? { code: cause.code } : {};
    const { logger } = this.options;
    logger.warn({ msg: 'no names found', connection, lookup: lookup.type, reason, ...code });
  }
}

/** A connector, or a credential, may keep somebody waiting for longer than this. */
async function inTime<Result>(work: () => Promise<Result>, endsAtMs: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error('the names were not found in time'));
  const timer = setTimeout(late, Math.max(0, endsAtMs - performance.now()));
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns `undefined` for what is no JSON */
function readJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return undefined;
  }
}
