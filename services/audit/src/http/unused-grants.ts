import { Readable } from 'node:stream';
import type { StreamableFile } from '@nestjs/common';
import { UnusedRow, type NarrowerScope, type UnusedPage } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { askParquet } from '../clickhouse/ask-question.js';
import { AuditQueryError } from '../clickhouse/audit-query-error.js';
import { rowsAsQuestion } from '../clickhouse/rows-as-question.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { storeFor } from '../clickhouse/store-for.js';
import { selectUsedGrants } from '../clickhouse/select-used-grants.js';
import { narrowerScopes, unusedRow } from '../domain/narrower-scope.js';
import { fileOf, linesOf, refusePaging } from './answer-file.js';
import { narrowerYaml } from './narrower-yaml.js';
import { cursorAt, placeIn } from './question-cursor.js';
import type { UnusedFilter } from './question-filter.js';
import type { QuerySlots } from './query-slots.js';
import type { Reader } from './require-reader.js';

const PAGE = 100;
const DAYS = 30;
/** Grants of an answer in one piece. */
const MAX_GRANTS = 5_000;

interface Asked {
  readonly reader: Reader;
  readonly filter: UnusedFilter;
}

/** Tells which grants were wider than what was used. */
export class UnusedGrants {
  constructor(
    private readonly store: AuditStore,
    private readonly slots: QuerySlots,
    private readonly clock: Clock,
  ) {}

  /** @throws AuditQueryError, RequestRefused */
  answer(asked: Asked): Promise<UnusedPage | StreamableFile> {
    return asked.filter.format === 'json' ? this.#page(asked) : this.#whole(asked);
  }

  async #page({ reader, filter }: Asked): Promise<UnusedPage> {
    const place = placeIn({ filter, days: DAYS }, this.clock());
    const limit = filter.limit ?? PAGE;
    const found = await this.#grants({ reader, filter }, { ...place, limit: limit + 1 });
    const grants = found.slice(0, limit);
    const { since, until } = place;
    const next = { ...place, offset: place.offset + limit };
    return {
      ...(since === undefined ? {} : { since }),
      until,
      items: grants.map(unusedRow),
      narrower: narrowerScopes(grants).map((scope) => withYaml(scope, { since, until })),
      ...(found.length > limit ? { nextCursor: cursorAt(next, filter) } : {}),
    };
  }

  async #whole({ reader, filter }: Asked): Promise<StreamableFile> {
    refusePaging(filter);
    const place = placeIn({ filter, days: DAYS }, this.clock());
    const grants = await this.#grants({ reader, filter }, { ...place, limit: MAX_GRANTS + 1 });
    if (grants.length > MAX_GRANTS) {
      const message = `more than ${MAX_GRANTS} grants: narrow it with "since" and "until"`;
      throw new AuditQueryError('audit_query_too_expensive', message);
    }
    const rows = grants.map(unusedRow);
    const { format } = filter;
    if (format === 'json') throw new TypeError('an answer in JSON has pages');
    const source =
      format === 'parquet'
        ? await this.slots.during(reader.isOwner, () =>
            askParquet(this.store, rowsAsQuestion(UnusedRow, columns, rows)),
          )
        : Readable.from(linesOf(rows, { question: { row: UnusedRow }, format }));
    return fileOf(source, { name: 'unused', format });
  }

  #grants(
    { reader, filter }: Asked,
    {
      since,
      until,
      ...slice
    }: Readonly<{ since?: string | undefined; until: string; offset: number; limit: number }>,
  ) {
    const asking = { database: this.store.database, access: reader.access };
    return this.slots.during(reader.isOwner, () =>
      selectUsedGrants(storeFor(this.store, reader.gone), asking, {
        filter: { ...filter, since, until },
        slice,
      }),
    );
  }
}

function withYaml(
  scope: NarrowerScope,
  times: { readonly since?: string | undefined; readonly until: string },
): NarrowerScope {
  const yaml = narrowerYaml(scope, times);
  return yaml === undefined ? scope : { ...scope, yaml };
}

/** How the columns are kept in Parquet. */
const columns = {
  ...{ grantId: 'String', accessRequestId: 'String', issuedAt: "DateTime64(3, 'UTC')" },
  ...{ agentIssuer: 'String', agentSubject: 'String', agentOwner: 'String' },
  ...{ connection: 'String', policy: 'String', action: 'String', calls: 'UInt64' },
  ...{ unusedVerbs: 'Array(String)', unusedResources: 'Array(String)' },
  ...{ unusedNamespaces: 'Array(String)', unusedNames: 'Array(String)' },
  ...{ grantedSeconds: 'UInt32', usedSeconds: 'UInt32', wider: 'Bool' },
} as const satisfies Record<keyof UnusedRow, string>;
