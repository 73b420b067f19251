import { principalId, proofText, type CommandProof, type ProvenLine } from '@drawbridge/contracts';
import {
  checkProof,
  KeyChainRefused,
  lineProof,
  NoteRefused,
  openKeyChain,
  ProofRefused,
  proofStatement,
  rebuiltData,
  SealRefused,
  sha256,
  type KeyChain,
} from '@drawbridge/integrity';
import { neutralise, type Clock } from '@drawbridge/kernel';
import { selectLinePlaces } from '../clickhouse/select-proof-places.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { lineOf, sequenceOf } from '../domain/position.js';
import type { QuerySlots } from '../http/query-slots.js';
import type { Reader } from '../http/require-reader.js';
import type { SealedRecord } from '../nats/sealed-record.js';
import { proofPath } from './proof-path.js';
import { ProofUnavailable } from './proof-unavailable.js';
import type { RebuiltRecord } from './rebuilt-record.js';
import type { SigningKeys } from './signing-keys.js';

export interface CommandProofsOptions {
  readonly store: AuditStore;
  readonly slots: QuerySlots;
  readonly sealed: Pick<SealedRecord, 'statements' | 'sealsFrom' | 'messages'>;
  readonly rebuilt: Pick<RebuiltRecord, 'messages'>;
  readonly clock: Clock;
  /** Absent: nothing is sealed here. */
  readonly keys: SigningKeys | undefined;
}

interface Message {
  readonly subject: string;
  readonly storedAt: string;
  readonly data: Buffer;
}

const STREAM = 'COMMANDS';

/** Proofs that a command is on the record, as it is and at its place, that show nothing of any other. */
export class CommandProofs {
  constructor(private readonly options: CommandProofsOptions) {}

  /**
   * @param size - of the checkpoint that it shall lead to
   * @throws ProofUnavailable, AuditQueryError
   */
  async prove(
    commandId: string,
    { size }: { readonly size?: number | undefined },
    reader: Reader,
  ): Promise<CommandProof> {
    const { slots, store, sealed } = this.options;
    return slots.during(reader.isOwner, async () => {
      const places = await selectLinePlaces(store, commandId, reader.access);
      if (places.length === 0) {
        throw new ProofUnavailable('command_unknown', `the record has no command ${commandId}`);
      }
      return checked(async () => {
        const keys = await sealed.statements();
        const chain = openKeyChain(keys);
        const records: ProvenLine[] = [];
        for (const place of places) records.push(await this.#line(place, chain, size));
        return this.#signed({ commandId, keys: [...keys], records }, chain.name, reader);
      });
    });
  }

  async #line(place: number, chain: KeyChain, size: number | undefined): Promise<ProvenLine> {
    const { store, sealed } = this.options;
    const sequence = sequenceOf(place);
    const seals = (stream: string, from: number) => sealed.sealsFrom(stream, from);
    const path = await proofPath({ store, seals, chain, size }, sequence);
    const { subject, storedAt, data } = await this.#message(sequence);
    const { index, count, line, path: linePath } = lineProof(data, lineOf(place));
    return {
      text: Buffer.from(line).toString('utf8'),
      ...{ line: index, lines: count, linePath: linePath.map(encoded) },
      ...{ sequence, subject, storedAt, ...path },
    };
  }

  /** As it stands in the stream; when it has had its time there, as its rows give it back. */
  async #message(sequence: number): Promise<Message> {
    const range = { from: sequence, limit: 1 };
    const [kept] = (await this.options.sealed.messages(STREAM, range)).messages;
    if (kept?.sequence === sequence) return { ...kept, data: Buffer.from(kept.data, 'base64') };
    const [rows] = (await this.options.rebuilt.messages(STREAM, range)).messages;
    if (rows?.sequence === sequence) return { ...rows, data: rebuiltData(rows) };
    const text = `message ${sequence} is neither in the stream nor in rows any more`;
    throw new ProofUnavailable('proof_unavailable', text);
  }

  #signed(
    proof: Omit<CommandProof, 'statement'>,
    name: string,
    { principal }: Reader,
  ): CommandProof {
    const { keys, clock } = this.options;
    if (keys === undefined) {
      throw new ProofUnavailable('proof_unavailable', 'this audit service has no key to sign with');
    }
    const by = neutralise(principalId(principal));
    const digest = sha256(Buffer.from(proofText(proof))).toString('hex');
    const told = { name, proof: digest, by, at: clock().toISOString() };
    return { ...proof, statement: proofStatement(told, keys.current) };
  }
}

/** What does not prove it is not given away: a place that is wrong could hold the line of somebody else. */
async function checked(make: () => Promise<CommandProof>): Promise<CommandProof> {
  try {
    const proof = await make();
    checkProof(proofText(proof));
    return proof;
  } catch (error) {
    if (!refusals.some((refusal) => error instanceof refusal)) throw error;
    const text =
      'what is stored of it is not what was sealed, or nothing is sealed: an auditor finds out with audit verify';
    throw new ProofUnavailable('proof_unavailable', text, { cause: error });
  }
}

const refusals = [ProofRefused, KeyChainRefused, NoteRefused, SealRefused, RangeError];

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
