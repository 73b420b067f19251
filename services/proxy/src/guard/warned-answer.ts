import type { GuardDecision, MatchedRule } from '@drawbridge/guardrails';
import type { AnswerHeaders, ClientAnswer } from '../listener/client-exchange.js';

/** The apiserver cuts them in the same way: clients print them on a terminal. */
const MAX_WARNING = 512;
const MAX_WARNINGS = 8;

/** The `Warning` headers of the rules that warn, as clients of Kubernetes print them. */
export function warningsOf({ matched }: GuardDecision): readonly string[] {
  const warning = matched.filter(({ action }) => action === 'warn');
  return warning.slice(0, MAX_WARNINGS).map((rule) => `299 - "${quoted(warningWords(rule))}"`);
}

/** What a rule that warns tells, in printable ASCII only: it is shown on terminals. */
export function warningWords({ rule, reason, suggestion }: MatchedRule): string {
  const instead = suggestion === undefined ? '' : `; ${suggestion}`;
  return `guardrail ${rule}: ${reason}${instead}`
    .replaceAll(/[^\x21-\x7e]+/g, ' ')
    .trim()
    .slice(0, MAX_WARNING);
}

/** Within a quoted-string of RFC 9110. */
const quoted = (plain: string): string => plain.replaceAll(/["\\]/g, String.raw`\$&`);

/** The answer to a call, with our warnings beside those of the cluster. */
export class WarnedAnswer implements ClientAnswer {
  constructor(
    private readonly answer: ClientAnswer,
    private readonly warnings: readonly string[],
  ) {}

  get headersSent(): boolean {
    return this.answer.headersSent;
  }

  get destroyed(): boolean {
    return this.answer.destroyed;
  }

  writeContinue(): void {
    this.answer.writeContinue();
  }

  writeHead(statusCode: number, headers: AnswerHeaders, close?: boolean): void {
    const { warning = [] } = headers;
    const theirs = typeof warning === 'object' ? warning : [String(warning)];
    this.answer.writeHead(
      statusCode,
      { ...headers, warning: [...theirs, ...this.warnings] },
      close,
    );
  }

  flushHeaders(): void {
    this.answer.flushHeaders();
  }

  write(chunk: Uint8Array | string, onSent?: (error?: Error | null) => void): boolean {
    return this.answer.write(chunk, onSent);
  }

  end(chunk?: Uint8Array | string, onSent?: () => void): void {
    this.answer.end(chunk, onSent);
  }

  destroy(): void {
    this.answer.destroy();
  }

  on(event: 'drain' | 'close', listener: () => void): void {
    this.answer.on(event, listener);
  }
}
