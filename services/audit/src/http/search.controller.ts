import { Controller, Get, Inject, Req, Res, type StreamableFile } from '@nestjs/common';
import type { SearchPage, Unsearched } from '@drawbridge/contracts';
import { ValidQuery } from '@drawbridge/runtime';
import type { Request, Response } from 'express';
import { RecordSearch } from '../search/record-search.js';
import { endWith } from './questions.controller.js';
import { Readers } from './require-reader.js';
import { SearchFilter } from './search-filter.js';

/** Text in bodies and recordings. Who asks is judged before what is asked. */
@Controller('v1/audit')
export class SearchController {
  constructor(
    @Inject(Readers) private readonly readers: Readers,
    @Inject(RecordSearch) private readonly search: RecordSearch,
  ) {}

  @Get('search')
  async find(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SearchPage | StreamableFile> {
    const reader = await this.readers.require(request);
    const filter = valid.transform(request.query, { type: 'query' });
    if (filter.format === 'json') return this.search.page({ reader, filter });
    const { file, unsearched } = await this.search.whole({ reader, filter });
    response.setHeader('Drawbridge-Unsearched', unsearched.map(counted).join(', '));
    endWith(response, file);
    return file;
  }
}

const valid = ValidQuery(SearchFilter);
const counted = ({ reason, count }: Unsearched): string => `${reason}=${count}`;
