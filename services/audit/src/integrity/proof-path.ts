import type { ProvenLine } from '@drawbridge/contracts';
import {
  inclusionPath,
  KeyRing,
  leafHash,
  openSeal,
  sequencesOf,
  type KeyChain,
  type OpenedSeal,
} from '@drawbridge/integrity';
import { selectSealPlace, type SealPlace } from '../clickhouse/select-proof-places.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import type { StoredSeal } from '../nats/checkpoint-log.js';
import { ProofUnavailable } from './proof-unavailable.js';

/** Between a message and the checkpoint that it is proved by: each is hashed again, with everybody waiting. */
const MAX_LEAVES = 65_536;
const STREAM = 'COMMANDS';

export interface ProofPathOptions {
  readonly store: AuditStore;
  /** Seals of a stream from a position on. */
  readonly seals: (stream: string, from: number) => Promise<readonly StoredSeal[]>;
  readonly chain: KeyChain;
  /** The checkpoint to lead to. @default the first with a timestamp, if it is near; else the first */
  readonly size: number | undefined;
}

/** From a message to a checkpoint. */
export type MessagePath = Pick<
  ProvenLine,
  'previous' | 'leaf' | 'path' | 'checkpoint' | 'timestamp'
>;

/** @throws ProofUnavailable, AuditQueryError, SealRefused, NoteRefused */
export async function proofPath(options: ProofPathOptions, sequence: number): Promise<MessagePath> {
  const { store, size } = options;
  const message = { stream: STREAM, sequence };
  const first = await selectSealPlace(store, message, 'first');
  // A stream may have had no message there when it was sealed; the first one behind it says so.
  if (first === undefined) throw notSealed(sequence);
  if (size === undefined) {
    const stamped = await selectSealPlace(store, message, 'timestamped');
    const isNear = stamped !== undefined && stamped.size - first.size < MAX_LEAVES / 2;
    return pathTo(options, sequence, { first, last: isNear ? stamped : first });
  }
  const wanted = await selectSealPlace(store, message, { size });
  if (wanted !== undefined) return pathTo(options, sequence, { first, last: wanted });
  const text = `no checkpoint of size ${size} speaks of message ${sequence}: give a later one`;
  throw new ProofUnavailable('proof_unavailable', text);
}

async function pathTo(
  options: ProofPathOptions,
  sequence: number,
  { first, last }: Places,
): Promise<MessagePath> {
  const opened = await sealsBetween(options, { first, last });
  const [own] = opened;
  const target = opened.at(-1);
  if (own === undefined || target === undefined) throw notSealed(sequence);
  requireLines(own.seal);
  const index = [...sequencesOf(own.seal.checkpoint)].indexOf(sequence);
  if (index === -1) throw notSealed(sequence);
  const leaves = opened.flatMap(({ seal }) => seal.links.map((link) => leafHash(link)));
  const { before, links, checkpoint } = own.seal;
  const leaf = before.size + index;
  return {
    previous: encoded(links[index - 1] ?? checkpoint.previous),
    leaf,
    path: inclusionPath({ before, leaves }, leaf).map(encoded),
    checkpoint: target.note,
    ...(last.receipt === '' ? {} : { timestamp: last.receipt }),
  };
}

/** Of the seal that has the message, and of the one that is led to. */
interface Places {
  readonly first: SealPlace;
  readonly last: SealPlace;
}

interface Between {
  readonly seal: OpenedSeal;
  readonly note: string;
}

/** What the table says of places is not believed: each seal proves itself, and the whole is checked at the end. */
async function sealsBetween(
  { seals, chain }: ProofPathOptions,
  { first, last }: Places,
): Promise<readonly Between[]> {
  const ring = new KeyRing(chain);
  const opened: Between[] = [];
  let leaves = 0;
  for (let from = first.position; from <= last.position;) {
    const page = await seals(STREAM, from);
    if (page.length === 0) break;
    for (const { position, seal } of page.filter((one) => one.position <= last.position)) {
      const one = ring.open((key) => openSeal(seal, { name: `${chain.name}/${STREAM}`, key }));
      opened.push({ seal: one, note: seal.note });
      leaves += one.links.length;
      from = position + 1;
      if (leaves > MAX_LEAVES) throw tooFar(last);
    }
    if ((page.at(-1)?.position ?? last.position) >= last.position) break;
  }
  return opened;
}

function requireLines({ checkpoint }: OpenedSeal): void {
  if (checkpoint.version === 2) return;
  const text =
    'it was sealed when lines had no hashes of their own: an auditor proves its whole message with the record';
  throw new ProofUnavailable('proof_unavailable', text);
}

const notSealed = (sequence: number) =>
  new ProofUnavailable(
    'proof_unavailable',
    `no checkpoint that is stored speaks of message ${sequence} yet: try again in some seconds`,
  );

const tooFar = ({ size }: SealPlace) =>
  new ProofUnavailable(
    'proof_too_far',
    `more than ${MAX_LEAVES} messages stand between it and the checkpoint of size ${size}: give an earlier one, or none`,
  );

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
