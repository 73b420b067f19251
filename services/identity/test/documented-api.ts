import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { z } from 'zod';

const Content = z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) }));
const Operation = z.object({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  responses: z.record(
    z.string(),
    z.object({
      'x-codes': z.array(z.string()).optional(),
      content: Content.optional(),
      headers: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
const Document = z.object({
  openapi: z.literal('3.1.1'),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
});

export interface DocumentedOperation extends z.infer<typeof Operation> {
  readonly path: string;
  readonly method: string;
}

/** An answer as the checks need it. */
export interface CheckedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** Holds answers of the service against its OpenAPI document, and remembers what has been seen. */
export class DocumentedApi {
  readonly operations: readonly DocumentedOperation[];
  readonly seen = new Set<string>();
  readonly #ajv: Ajv2020;

  constructor(document: unknown) {
    const { paths } = Document.parse(document);
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
    );
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    this.#ajv.addSchema({ $id: 'document', ...(document as object) });
  }

  /** Every `<operation> <status> <code>` that the document promises. */
  get promised(): Set<string> {
    return new Set(
      this.operations.flatMap(({ operationId, responses }) =>
        Object.entries(responses).flatMap(([status, { 'x-codes': codes }]) =>
          (codes ?? ['']).map((code) => `${operationId} ${status} ${code}`.trim()),
        ),
      ),
    );
  }

  /** Fails unless this answer is one that the document promises for the operation. */
  check(operationId: string, answer: CheckedAnswer): void {
    const operation = this.operations.find((one) => one.operationId === operationId);
    const promised = operation?.responses[String(answer.status)];
    if (promised === undefined) {
      throw new Error(
        `${operationId} answered ${answer.status}, which is not documented: ${answer.text}`,
      );
    }
    const isStream = answer.headers.get('content-type') === 'text/event-stream';
    for (const name of isStream ? [] : Object.keys(promised.headers ?? {})) {
      if (name !== 'Retry-After') expect(answer.headers.has(name)).toBe(true);
    }
    this.#checkBody(promised.content ?? {}, answer);
    const code = promised['x-codes'] === undefined ? '' : codeOf(answer.body);
    if (code !== '') expect(promised['x-codes']).toContain(code);
    this.seen.add(`${operationId} ${answer.status} ${code}`.trim());
  }

  #checkBody(content: z.infer<typeof Content>, { headers, text, body }: CheckedAnswer): void {
    if (Object.keys(content).length === 0) {
      expect(text).toBe('');
      return;
    }
    const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    expect(Object.keys(content)).toContain(type);
    if (type === 'text/event-stream') return;
    const validate = this.#validator(content[type]?.schema ?? {});
    if (!validate(body)) throw new Error(`${this.#ajv.errorsText(validate.errors)} in ${text}`);
  }

  #validator({ $ref: ref }: Record<string, unknown>): ValidateFunction {
    return this.#ajv.compile(typeof ref === 'string' ? { $ref: `document${ref}` } : {});
  }

  /** Whether a value fits a schema of the document. */
  fits(schema: string, value: unknown): boolean {
    return this.#ajv.validate({ $ref: `document#/components/schemas/${schema}` }, value);
  }
}

const codeOf = (body: unknown): string => z.object({ code: z.string() }).parse(body).code;
