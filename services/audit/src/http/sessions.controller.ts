import { Controller, Get, Inject, Param, Req, Res, StreamableFile } from '@nestjs/common';
import type { SessionStory } from '@drawbridge/contracts';
import { ValidPath, ValidQuery } from '@drawbridge/runtime';
import type { Request, Response } from 'express';
import { SessionBundles } from '../bundle/session-bundles.js';
import { z } from 'zod';
import { Readers } from './require-reader.js';
import { SessionFilter, SessionPath } from './session-filter.js';
import { SessionStories } from './session-stories.js';

/** Sessions as stories, for auditors and owners of agents. Who asks is judged before what is asked. */
@Controller('v1/audit/sessions')
export class SessionsController {
  constructor(
    @Inject(Readers) private readonly readers: Readers,
    @Inject(SessionStories) private readonly stories: SessionStories,
    @Inject(SessionBundles) private readonly bundles: SessionBundles,
  ) {}

  @Get(':id')
  async tell(@Req() request: Request, @Param('id') text: string): Promise<SessionStory> {
    const reader = await this.readers.require(request);
    const { id } = sessionPath.transform({ id: text }, fromPath);
    return this.stories.tell(id, sessionFilter.transform(request.query, fromQuery), reader);
  }

  @Get(':id/bundle')
  async bundle(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id') text: string,
  ): Promise<StreamableFile> {
    const reader = await this.readers.require(request);
    const { id } = sessionPath.transform({ id: text }, fromPath);
    noQuery.transform(request.query, fromQuery);
    const bundle = await this.bundles.open(id, reader);
    // Who takes nothing for so long holds up others.
    response.setTimeout(STALLED_MS, () => response.destroy());
    response.once('close', () => bundle.destroy());
    const disposition = `attachment; filename="session-${id}.tar.gz"`;
    return new StreamableFile(bundle, { type: 'application/gzip', disposition });
  }
}

const STALLED_MS = 60_000;

const fromPath = { type: 'param' } as const;
const fromQuery = { type: 'query' } as const;
const noQuery = ValidQuery(z.strictObject({}));
const sessionPath = ValidPath(SessionPath);
const sessionFilter = ValidQuery(SessionFilter);
