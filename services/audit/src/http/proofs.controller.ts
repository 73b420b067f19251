import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { CommandProof } from '@drawbridge/contracts';
import { ValidPath, ValidQuery } from '@drawbridge/runtime';
import type { Request } from 'express';
import { CommandProofs } from '../integrity/command-proofs.js';
import { CommandPath } from './body-path.js';
import { ProofFilter } from './integrity-filter.js';
import { Readers } from './require-reader.js';

/** Proofs of single commands, for auditors and owners of agents. Who asks is judged before what is asked. */
@Controller('v1/audit/commands')
export class ProofsController {
  constructor(
    @Inject(Readers) private readonly readers: Readers,
    @Inject(CommandProofs) private readonly proofs: CommandProofs,
  ) {}

  @Get(':id/proof')
  async prove(@Req() request: Request): Promise<CommandProof> {
    const reader = await this.readers.require(request);
    const { id } = commandPath.transform(request.params, { type: 'param' });
    const filter = proofFilter.transform(request.query, { type: 'query' });
    return this.proofs.prove(id, filter, reader);
  }
}

const commandPath = ValidPath(CommandPath);
const proofFilter = ValidQuery(ProofFilter);
