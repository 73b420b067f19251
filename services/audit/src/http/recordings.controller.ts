import { Controller, Get, Inject, Param, Req, Res, StreamableFile } from '@nestjs/common';
import type { RecordingPage, RecordingView } from '@drawbridge/contracts';
import { ValidPath, ValidQuery } from '@drawbridge/runtime';
import type { Request, Response } from 'express';
import { endWith } from './questions.controller.js';
import { CastFilter, FollowFilter, PiecesFilter, RecordingPath } from './recording-filter.js';
import { Recordings } from './recordings.js';
import { Readers } from './require-reader.js';
import { streamOf } from './while-taken.js';

const fromPath = { type: 'param' } as const;
const fromQuery = { type: 'query' } as const;
const path = ValidPath(RecordingPath);
const piecesFilter = ValidQuery(PiecesFilter);
const followFilter = ValidQuery(FollowFilter);
const castFilter = ValidQuery(CastFilter);

/** What was recorded of sessions, logs and watches. Who asks is judged before what is asked. */
@Controller('v1/audit/recordings/:commandId')
export class RecordingsController {
  constructor(
    @Inject(Readers) private readonly readers: Readers,
    @Inject(Recordings) private readonly recordings: Recordings,
  ) {}

  @Get()
  async about(@Req() request: Request, @Param('commandId') id: string): Promise<RecordingView> {
    const reader = await this.readers.require(request);
    return this.recordings.about(commandIdOf(id), reader);
  }

  @Get('pieces')
  async pieces(@Req() request: Request, @Param('commandId') id: string): Promise<RecordingPage> {
    const reader = await this.readers.require(request);
    const { from } = piecesFilter.transform(request.query, fromQuery);
    return this.recordings.pieces(commandIdOf(id), from, reader);
  }

  @Get('cast')
  async cast(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile> {
    const reader = await this.readers.require(request);
    const { version } = castFilter.transform(request.query, fromQuery);
    const commandId = commandIdOf(request.params['commandId']);
    const lines = await this.recordings.cast(commandId, version, reader);
    const answer = await streamed(response, lines, 'application/x-asciicast');
    response.setHeader('content-disposition', `attachment; filename="${commandId}.cast"`);
    return answer;
  }

  @Get('follow')
  async follow(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile> {
    const reader = await this.readers.require(request);
    const query = { ...resumed(request), ...request.query };
    const { from } = followFilter.transform(query, fromQuery);
    const commandId = commandIdOf(request.params['commandId']);
    const events = await this.recordings.follow(commandId, from, reader);
    return streamed(response, events, 'text/event-stream');
  }
}

const commandIdOf = (commandId: unknown): string =>
  path.transform({ commandId }, fromPath).commandId;

/** Where a browser goes on by itself, behind the last event that it has got. */
function resumed(request: Request): { readonly from?: string } {
  const last = request.headers['last-event-id'];
  return typeof last === 'string' && /^\d{1,9}$/.test(last)
    ? { from: String(Number(last) + 1) }
    : {};
}

/** @throws whatever keeps the first line from being read, as long as there are words for it */
async function streamed(
  response: Response,
  lines: AsyncGenerator<string, void>,
  type: string,
): Promise<StreamableFile> {
  const answer = new StreamableFile(await streamOf(lines, () => response.destroy()), { type });
  endWith(response, answer);
  return answer;
}
