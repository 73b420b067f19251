import { setTimeout as wait } from 'node:timers/promises';
import { AuditCommandPage, type AuditCommand } from '@drawbridge/contracts';
import type { z } from 'zod';
import type { ApiCall, ApiClient } from '../api/api-client.js';
import { ApiRefused } from '../api/api-refused.js';

const PAGE = '1000';
const MAX_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 100;

/** Reads much of the record, page by page, and waits where audit is busy. */
export class AuditReader {
  /** @param api - asked for each page, because a token may end while thousands are read */
  constructor(private readonly api: () => Promise<ApiClient>) {}

  /** All commands that a filter selects, the oldest first, one page at a time in memory. */
  async *commands(
    filter: Readonly<Record<string, string | undefined>>,
  ): AsyncGenerator<readonly AuditCommand[]> {
    for (let cursor: string | undefined = undefined; ;) {
      const query = { ...filter, cursor, order: 'asc', limit: PAGE };
      const page: AuditCommandPage = await this.call('/v1/audit/commands', query, AuditCommandPage);
      yield page.items;
      cursor = page.nextCursor;
      if (cursor === undefined) return;
    }
  }

  /** @throws ApiRefused, CliError */
  async call<Schema extends z.ZodType>(
    path: string,
    query: NonNullable<ApiCall<Schema>['query']>,
    answer: Schema,
  ): Promise<z.infer<Schema>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const api = await this.api();
        return await api.call({ path, query, answer });
      } catch (error) {
        if (!isBusy(error) || attempt === MAX_ATTEMPTS) throw error;
        await wait(FIRST_PAUSE_MS * 2 ** attempt);
      }
    }
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof ApiRefused && error.problem.status === 429;
