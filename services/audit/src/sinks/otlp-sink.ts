import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LoggerService } from '@nestjs/common';
import type { SinkTargetOf } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { boundedFetch } from '@drawbridge/runtime';
import { z } from 'zod';
import { otlpLogs } from '../domain/otlp-logs.js';
import { fileText, secretFile } from './secret-file.js';
import { SinkFailed, type ExportBatch, type Sink } from './sink.js';

const TIMEOUT_MS = 10_000;
const zip = promisify(gzip);

/** What the protocol calls bad data, which no retry mends; too large is another way to say so. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

/** `ExportLogsServiceResponse`: some were dropped, and it is not said which; the sender must not try again. */
const Answer = z.object({
  partialSuccess: z
    .object({
      rejectedLogRecords: z.coerce.number().default(0),
      errorMessage: z.string().default(''),
    })
    .optional(),
});

/** An OpenTelemetry collector: OTLP over HTTP, in its JSON form. */
export class OtlpSink implements Sink {
  readonly limits = { maxRecords: 500, maxBytes: 524_288, lingerMs: 1_000 };
  readonly namesBatches = false;

  constructor(
    private readonly target: SinkTargetOf<'otlp'>,
    private readonly surroundings: { readonly clock: Clock; readonly logger: LoggerService },
  ) {}

  async deliver(batch: ExportBatch): Promise<void> {
    const { url, allowInsecureHttp, compression } = this.target;
    const text = this.#encode(batch);
    const isZipped = compression === 'gzip';
    const response = await boundedFetch(url, {
      method: 'POST',
      headers: {
        ...(await this.#headers()),
        'content-type': 'application/json',
        ...(isZipped && { 'content-encoding': 'gzip' }),
      },
      body: isZipped ? await zip(text) : text,
      timeoutMs: TIMEOUT_MS,
      allowInsecureHttp,
      ...(await this.#certificates()),
    }).catch((cause: unknown) => {
      throw new SinkFailed('sink_unavailable', 'the collector did not answer', { cause });
    });
    await this.#check(response, batch);
  }

  #encode({ records }: ExportBatch): string {
    try {
      return JSON.stringify(otlpLogs(records, this.surroundings.clock()));
    } catch (cause) {
      throw new SinkFailed('sink_refused', 'a record cannot be written as OTLP', { cause });
    }
  }

  async #headers(): Promise<Record<string, string>> {
    const pairs = this.target.headers.map(
      async ({ name, valueFile }) => [name.toLowerCase(), await secretFile(valueFile)] as const,
    );
    return Object.fromEntries(await Promise.all(pairs));
  }

  /** Read each time: a certificate that is renewed is shown from then on. */
  async #certificates() {
    const { certificateAuthorityFile: ca } = this.target;
    const { clientCertificateFile: certificate, clientKeyFile: key } = this.target;
    return {
      ...(ca !== undefined && { certificateAuthority: await fileText(ca) }),
      ...(certificate !== undefined &&
        key !== undefined && {
          clientCertificate: { certificate: await fileText(certificate), key: await fileText(key) },
        }),
    };
  }

  async #check(response: Response, { stream, first, last }: ExportBatch): Promise<void> {
    const { status } = response;
    if (status < 200 || status > 299) {
      const code = REFUSALS.has(status) ? 'sink_refused' : 'sink_unavailable';
      const failed = new SinkFailed(code, `the collector answered ${status}`);
      const retryAfterMs = retryAfter(response, this.surroundings.clock());
      if (retryAfterMs !== undefined) failed.retryAfterMs = retryAfterMs;
      throw failed;
    }
    const answer = Answer.safeParse(await response.json().catch(() => undefined));
    const rejected = answer.data?.partialSuccess?.rejectedLogRecords ?? 0;
    if (rejected === 0) return;
    const { logger } = this.surroundings;
    logger.error({ msg: 'the collector dropped records', stream, first, last, rejected });
  }
}

/** RFC 9110: seconds, or a date. */
function retryAfter({ headers }: Response, now: Date): number | undefined {
  const text = headers.get('retry-after') ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime();
  return ms > 0 ? ms : undefined;
}
