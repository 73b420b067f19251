import { readFile } from 'node:fs/promises';
import type { LoggerService } from '@nestjs/common';
import { z } from 'zod';
import { AppError, type Clock } from '@drawbridge/kernel';
import { boundedFetch, signedHeaders, uuidV7, webhookKey } from '@drawbridge/runtime';
import type { Opinion } from '../domain/model-opinion.js';
import type { RiskModelSpec } from '../domain/policy-set.js';
import type { ModelQuestion } from './with-facts.js';

const AT_ONCE = 8;
const MAX_WAITING = 64;
const MAX_BYTES = 16_384;
const MAX_REASON = 200;

/** The model said nothing that could be used, or not in time. */
export class RiskModelSilent extends AppError<
  'risk_model_silent' | 'risk_model_answer_invalid' | 'risk_model_secret_unusable'
> {}

/** Nothing can be taken away: there are no points below none. */
const Answer = z.strictObject({
  points: z.int().min(0).max(100),
  reason: z.string().min(1).max(2_000),
});

export interface RiskModelOptions {
  /** The one in force, if there is one. */
  readonly spec: () => RiskModelSpec | undefined;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * Asks the operator's model how risky a request is. It gets the terms as data, signed, and never decides: its word adds
 * points, and its silence is a fact like others. A few are asked at once; who comes in a crowd waits as long as an answer may take.
 */
export class RiskModel {
  #asking = 0;
  #silent = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly options: RiskModelOptions) {}

  /** How often it was silent. */
  get silent(): number {
    return this.#silent;
  }

  async ask(question: ModelQuestion): Promise<Opinion> {
    const spec = this.options.spec();
    if (spec === undefined) return 'silent';
    const deadlineMs = performance.now() + spec.timeoutMs;
    try {
      return await this.#inTurn(deadlineMs, () => this.#ask(spec, question, deadlineMs));
    } catch (error) {
      this.#silent += 1;
      const code = error instanceof AppError ? String(error.code) : 'risk_model_silent';
      this.options.logger.warn({ msg: 'the risk model is silent', code, err: error });
      return 'silent';
    }
  }

  async #inTurn<Value>(deadlineMs: number, ask: () => Promise<Value>): Promise<Value> {
    if (this.#asking >= AT_ONCE) await this.#turn(deadlineMs);
    else this.#asking += 1;
    try {
      return await ask();
    } finally {
      const next = this.#waiting.shift();
      // Its turn goes to who waits, and to nobody in between.
      if (next === undefined) this.#asking -= 1;
      else next();
    }
  }

  /** @throws {@link RiskModelSilent} when it does not come in time */
  async #turn(deadlineMs: number): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) throw silent('too many requests wait for it');
    const turn = Promise.withResolvers<true>();
    const begin = () => turn.resolve(true);
    this.#waiting.push(begin);
    const timer = setTimeout(() => {
      const place = this.#waiting.indexOf(begin);
      if (place >= 0) this.#waiting.splice(place, 1);
      turn.reject(silent('other requests took its time'));
    }, deadlineMs - performance.now());
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(spec: RiskModelSpec, question: ModelQuestion, deadlineMs: number): Promise<Opinion> {
    const { url, secretFile, allowInsecureHttp, certificateAuthorityFile: authority } = spec;
    const now = this.options.clock();
    const body = JSON.stringify({
      type: 'RiskAsked',
      timestamp: now.toISOString(),
      data: question,
    });
    const message = { id: uuidV7(now), timestamp: Math.floor(now.getTime() / 1000), body };
    const signed = signedHeaders(message, [await keyIn(secretFile)]);
    const answer = await boundedFetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signed },
      body,
      timeoutMs: Math.max(1, Math.round(deadlineMs - performance.now())),
      maxBytes: MAX_BYTES,
      allowInsecureHttp,
      ...(authority && { certificateAuthority: await readFile(authority, 'utf8') }),
    }).catch((cause: unknown) => {
      throw silent('no answer came in time', cause);
    });
    if (answer.status !== 200) throw silent(`it answered ${answer.status}`);
    return opinionIn(await answer.text());
  }
}

function opinionIn(text: string): Opinion {
  const answer = Answer.safeParse(parsed(text));
  const reason = answer.success ? plain(answer.data.reason) : '';
  if (answer.success && reason !== '') return { points: answer.data.points, reason };
  throw new RiskModelSilent('risk_model_answer_invalid', 'its answer is not points and a reason');
}

/** One line that neither hides nor turns anything round; who shows it treats it as a stranger's all the same. */
function plain(text: string): string {
  const line = text
    .normalize('NFC')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .replaceAll(/(\p{M}{4})\p{M}+/gu, '$1')
    .trim();
  const characters = Array.from(line);
  return characters.length > MAX_REASON ? `${characters.slice(0, MAX_REASON - 1).join('')}…` : line;
}

const silent = (why: string, cause?: unknown): RiskModelSilent =>
  new RiskModelSilent('risk_model_silent', why, { cause });

async function keyIn(file: string): Promise<Buffer> {
  const key = webhookKey((await readFile(file, 'utf8').catch(() => '')).trim());
  if (key !== undefined) return key;
  const message = `"${file}" holds no secret: expected "whsec_" and 24 to 64 bytes in base64`;
  throw new RiskModelSilent('risk_model_secret_unusable', message);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
