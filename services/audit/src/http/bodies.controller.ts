import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { AuditBodies } from '@drawbridge/contracts';
import { ValidPath } from '@drawbridge/runtime';
import type { Request, Response } from 'express';
import { BodyArchive } from '../bodies/body-archive.js';
import { BodyPath, CommandPath } from './body-path.js';
import { QuerySlots } from './query-slots.js';
import { Readers } from './require-reader.js';
import { sendBody } from './send-body.js';

/** What is kept of the bodies of commands, for auditors and owners of agents. Who asks is judged before what is asked. */
@Controller('v1/audit/commands')
export class BodiesController {
  /** Apart from the queries of the store: a body may take as long as its reader takes. */
  readonly #slots = new QuerySlots();

  constructor(
    @Inject(Readers) private readonly readers: Readers,
    @Inject(BodyArchive) private readonly archive: BodyArchive,
  ) {}

  @Get(':id/bodies')
  async list(@Req() request: Request): Promise<AuditBodies> {
    const reader = await this.readers.require(request);
    const { id } = commandPath.transform(request.params, fromPath);
    return this.archive.list(id, reader);
  }

  @Get(':id/bodies/:direction')
  async body(@Req() request: Request, @Res() response: Response): Promise<void> {
    const reader = await this.readers.require(request);
    const { id, direction } = bodyPath.transform(request.params, fromPath);
    await this.#slots.during(reader.isOwner, async () => {
      await sendBody(response, await this.archive.open(id, direction, reader));
    });
  }
}

const fromPath = { type: 'param' } as const;
const commandPath = ValidPath(CommandPath);
const bodyPath = ValidPath(BodyPath);
