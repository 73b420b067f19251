import { AppError } from '@drawbridge/kernel';

/** Guardrails cannot be compiled; the message lists every problem, one per line. */
export class GuardrailInvalid extends AppError<'guardrail_invalid'> {
  constructor(problems: readonly string[]) {
    super('guardrail_invalid', ['guardrails cannot be used:', ...problems].join('\n'));
  }
}
