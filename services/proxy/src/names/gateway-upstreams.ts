import { isDeepStrictEqual } from 'node:util';
import type { ConnectionDocument } from '@drawbridge/contracts';
import { asReached } from '../connector/as-reached.js';
import type { Upstream } from '../upstream/upstream.js';

/** What is needed of an upstream here. */
type OwnUpstream = Pick<Upstream, 'prepare' | 'destroy'>;
type OpenUpstream = (document: ConnectionDocument) => OwnUpstream;

interface Known {
  readonly document: ConnectionDocument;
  readonly upstream: OwnUpstream | undefined;
}

/** The clusters as the gateway itself reaches them; each is opened when it is first asked something. */
export class GatewayUpstreams {
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(private readonly open: OpenUpstream) {}

  get(connection: string): OwnUpstream | undefined {
    const known = this.#known.get(connection);
    if (known === undefined) return undefined;
    if (known.upstream !== undefined) return known.upstream;
    const upstream = this.open(known.document);
    this.#known = new Map(this.#known).set(connection, { ...known, upstream });
    return upstream;
  }

  /** Takes a new configuration into use. */
  replace(documents: readonly ConnectionDocument[]): void {
    const before = this.#known;
    this.#known = new Map(
      documents.map((document) => {
        const known = before.get(document.metadata.name);
        const isSame =
          known !== undefined && isDeepStrictEqual(asReached(known.document), asReached(document));
        return [document.metadata.name, isSame ? known : { document, upstream: undefined }];
      }),
    );
    for (const [name, { upstream }] of before) {
      if (upstream !== this.#known.get(name)?.upstream) void upstream?.destroy();
    }
  }

  async close(): Promise<void> {
    const all = [...this.#known.values()];
    this.#known = new Map();
    await Promise.all(all.flatMap(({ upstream }) => upstream?.destroy() ?? []));
  }
}
