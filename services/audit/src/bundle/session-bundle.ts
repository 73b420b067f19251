import { createHash } from 'node:crypto';
import {
  SessionStory,
  type AuditCommand,
  type AuditHoldEvent,
  type StoryCall,
} from '@drawbridge/contracts';
import {
  BUNDLE_FORMAT,
  bundleReadme,
  storyText,
  tarEnd,
  tarEntry,
  verifyScript,
  type BundleManifest,
  type TarFile,
} from '@drawbridge/replay';
import { codeOf } from '@drawbridge/kernel';
import type { ObjectStore } from '@drawbridge/object-store';
import { selectBodies, selectChunks } from '../clickhouse/select-bodies.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { selectStoryEvents, selectStoryHolds } from '../clickhouse/select-story.js';
import { bodyLine, type BodyColumns } from '../domain/body-row.js';
import { chunkLine } from '../domain/chunk-row.js';
import { CastFile } from './cast-file.js';
import type { Reader } from '../http/require-reader.js';
import type { SessionStories } from '../http/session-stories.js';

/** So many calls, and their bodies, are in memory at a time. */
const PAGE = 50;
const CHUNKS = 100;
/** The story in words has no more calls; all of them are in `commands/`. */
const MAX_TOLD = 5_000;
const MAX_TOLD_LENGTH = 33_554_432;

export interface BundleParts {
  readonly store: AuditStore;
  readonly stories: SessionStories;
  /** Long bodies; absent: there is no object store. */
  readonly objects: Pick<ObjectStore, 'get'> | undefined;
  /** What proves that the record is whole, as of now: file names and texts. */
  readonly statement: SignManifest;
  readonly integrity: () => Promise<readonly (readonly [name: string, text: string])[]>;
}

/** Signs what the manifest is; `undefined` when nothing is signed here. */
export type SignManifest = (
  sha256: string,
  made: Pick<BundleWanted, 'madeAt' | 'madeFor'>,
) => string | undefined;

export interface BundleWanted {
  readonly id: string;
  readonly reader: Reader;
  readonly madeAt: string;
  readonly madeFor: string;
}

type Missing = BundleManifest['missing'][number];

/** The archive of a session, piece by piece; what fails on the way ends it without its manifest. */
export class SessionBundle {
  readonly #files: BundleManifest['files'] = [];
  readonly #missing: Missing[] = [];
  readonly #objects = new Set<string>();
  readonly #told: StoryCall[] = [];
  readonly #holds = new Set<string>();
  #length = 0;

  constructor(
    private readonly parts: BundleParts,
    private readonly wanted: BundleWanted,
  ) {}

  async *bytes(): AsyncGenerator<Uint8Array> {
    yield this.#file('README.md', bundleReadme);
    yield this.#file('verify.mjs', verifyScript);
    for (const [name, text] of await this.parts.integrity()) yield this.#file(name, text);
    const { id, reader } = this.wanted;
    const events = await selectStoryEvents(this.parts.store, id, reader.access);
    yield this.#file('events.ndjson', lines(events));
    let calls = 0;
    let first: SessionStory | undefined;
    for (let cursor: string | undefined = undefined, page = 1; ; page += 1) {
      const story: SessionStory = await this.parts.stories.page(
        id,
        { limit: PAGE, cursor },
        reader,
      );
      first ??= story;
      calls += story.calls.length;
      yield* this.#page(story, String(page).padStart(6, '0'));
      cursor = story.nextCursor;
      if (cursor === undefined) break;
    }
    yield* this.#ends(first, calls);
  }

  async *#page({ calls }: SessionStory, number: string): AsyncGenerator<Uint8Array> {
    const commands = calls.map(({ command }) => command);
    this.#tell(calls);
    if (commands.length > 0) yield this.#file(`commands/${number}.ndjson`, lines(commands));
    const holds = await this.#newHolds(commands);
    if (holds.length > 0) yield this.#file(`holds/${number}.ndjson`, lines(holds));
    const bodies = await selectBodies(
      this.parts.store,
      commands.map(({ id }) => id),
    );
    if (bodies.length > 0) yield this.#file(`bodies/${number}.ndjson`, texts(bodies.map(bodyLine)));
    for (const body of bodies) yield* this.#objectsOf(body);
    for (const { command, recording } of calls) {
      if (recording !== undefined) yield* this.#recording(command);
    }
  }

  /** Of the holds that no page before had. */
  async #newHolds(commands: readonly AuditCommand[]): Promise<AuditHoldEvent[]> {
    const ids = new Set(commands.flatMap(({ holdId }) => holdId ?? []));
    const fresh = [...ids].filter((id) => !this.#holds.has(id));
    for (const id of fresh) this.#holds.add(id);
    return selectStoryHolds(this.parts.store, fresh);
  }

  #tell(calls: readonly StoryCall[]): void {
    for (const call of calls) {
      this.#length += JSON.stringify(call).length;
      if (this.#told.length < MAX_TOLD && this.#length < MAX_TOLD_LENGTH) this.#told.push(call);
    }
  }

  async *#objectsOf({ objects }: BodyColumns): AsyncGenerator<Uint8Array> {
    for (const { sha256 } of objects) {
      if (this.#objects.has(sha256)) continue;
      this.#objects.add(sha256);
      const piece = await this.#object(sha256);
      if (piece !== undefined) yield this.#file(`objects/${sha256}`, piece);
    }
  }

  async #object(sha256: string): Promise<Uint8Array | undefined> {
    const { objects } = this.parts;
    let why = 'object_store_missing';
    try {
      if (objects !== undefined) return await objects.get(sha256);
    } catch (error) {
      why = codeOf(error) ?? 'object_store_unavailable';
    }
    this.#missing.push({ sha256, why });
    return undefined;
  }

  async *#recording({ id, connection }: AuditCommand): AsyncGenerator<Uint8Array> {
    const cast = new CastFile(connection);
    for (let from = 0, part = 1; ; part += 1) {
      const chunks = await selectChunks(this.parts.store, id, { from, count: CHUNKS });
      const last = chunks.at(-1);
      if (last === undefined) break;
      cast.add(chunks);
      const name = `recordings/${id}-${String(part).padStart(4, '0')}.ndjson`;
      yield this.#file(name, texts(chunks.map(chunkLine)));
      if (chunks.length < CHUNKS) break;
      from = last.chunk_index + 1;
    }
    const text = cast.text();
    if (text !== undefined) yield this.#file(`recordings/${id}.cast`, text);
  }

  *#ends(first: SessionStory | undefined, calls: number): Generator<Uint8Array> {
    if (first === undefined) return;
    const isMore = calls > this.#told.length;
    const story = { ...first, calls: this.#told, nextCursor: isMore ? 'commands/' : undefined };
    yield this.#file('story.json', `${JSON.stringify(story, undefined, 2)}\n`);
    yield this.#file('story.txt', storyText(SessionStory.parse(story)));
    const { accessRequestId, connection, environment, grant } = first;
    const manifest: BundleManifest = {
      ...{ format: BUNDLE_FORMAT, accessRequestId, connection },
      ...(grant === undefined ? {} : { grantId: grant.id }),
      ...(environment === undefined ? {} : { environment }),
      ...{ madeAt: this.wanted.madeAt, madeFor: this.wanted.madeFor, calls },
      ...{ files: this.#files, missing: this.#missing },
    };
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    yield tarEntry({ name: 'manifest.json', bytes: Buffer.from(text) });
    const note = this.parts.statement(sha256Hex(text), this.wanted);
    if (note !== undefined) yield tarEntry({ name: 'manifest.note', bytes: Buffer.from(note) });
    yield tarEnd();
  }

  #file(name: string, content: string | Uint8Array): Uint8Array {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const file: TarFile = { name, bytes };
    this.#files.push({ name, bytes: bytes.length, sha256: sha256Hex(bytes) });
    return tarEntry(file);
  }
}

const sha256Hex = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');
const texts = (each: readonly string[]): string => each.map((line) => `${line}\n`).join('');
const lines = (values: readonly unknown[]): string =>
  texts(values.map((value) => JSON.stringify(value)));
