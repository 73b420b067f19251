import type { ProvenLine } from '@drawbridge/contracts';
import {
  inclusionPath,
  KeyRing,
  leafHash,
  linksOf,
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
  const between = await sealsBetween(options, { first, last });
  if (between === undefined) throw notSealed(sequence);
  const { own, leaves, note } = between;
  requireLines(own);
  const index = [...sequencesOf(own.checkpoint)].indexOf(sequence);
  if (index === -1) throw notSealed(sequence);
  const { before, links, checkpoint } = own;
  const leaf = before.size + index;
  return {
    previous: encoded(links[index - 1] ?? checkpoint.previous),
    leaf,
    path: inclusionPath({ before, leaves }, leaf).map(encoded),
    checkpoint: note,
    ...(last.receipt === '' ? {} : { timestamp: last.receipt }),
  };
}

/** Of the seal that has the message, and of the one that is led to. */
interface Places {
  readonly first: SealPlace;
  readonly last: SealPlace;
}

interface Between {
  /** The one that has the message. */
  readonly own: OpenedSeal;
  /** Hashes of the links of all. */
  readonly leaves: readonly Uint8Array[];
  /** The checkpoint that is led to. */
  readonly note: string;
}

/**
 * What the table says of places is not believed: the whole is checked at the end. So only the first seal is opened;
 * to open tens of thousands would keep everybody waiting.
 */
async function sealsBetween(
  { seals, chain }: ProofPathOptions,
  { first, last }: Places,
): Promise<Between | undefined> {
  const name = `${chain.name}/${STREAM}`;
  const leaves: Uint8Array[] = [];
  let own: OpenedSeal | undefined;
  let note = '';
  for (let from = first.position; from <= last.position;) {
    const page = await seals(STREAM, from);
    if (page.length === 0) break;
    for (const { position, seal } of page.filter((one) => one.position <= last.position)) {
      own ??= new KeyRing(chain).open((key) => openSeal(seal, { name, key }));
      leaves.push(...linksOf(seal.links).map((link) => leafHash(link)));
      ({ note } = seal);
      from = position + 1;
      if (leaves.length > MAX_LEAVES) throw tooFar(last);
    }
    if ((page.at(-1)?.position ?? last.position) >= last.position) break;
  }
  return own && { own, leaves, note };
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
