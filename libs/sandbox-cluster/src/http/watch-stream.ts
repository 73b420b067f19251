import { expired } from '../api-status.js';
import type { Json, JsonObject } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { isSelected, type Selection } from '../registry/list-objects.js';
import type { ObjectStore, StoreEvent } from '../registry/object-store.js';
import { apiVersionOf } from '../registry/resource-type.js';
import type { Exchange } from './exchange.js';

/** A watch that reads slower than the cluster changes is cut here; the client lists again. */
const maxUnreadBytes = 1024 * 1024;
const defaultTimeoutSeconds = 3600;

export interface WatchRequest {
  readonly store: ObjectStore;
  readonly selection: Selection;
  /** Renders an object for the client: as it is, as a Table row or as its metadata. */
  readonly render: (object: KubeObject, isFirst: boolean) => Json;
  readonly bookmarkMs: number;
}

/** Streams changes until the client goes, the time is up or the client is too slow. */
export function streamWatch(exchange: Exchange, request: WatchRequest): void {
  new WatchStream(exchange, request).start();
}

class WatchStream {
  private isFirst = true;
  private sentUpTo = 0;
  private readonly unsubscribe: (() => void)[] = [];

  constructor(
    private readonly exchange: Exchange,
    private readonly request: WatchRequest,
  ) {}

  start(): void {
    const { response, query } = this.exchange;
    response.statusCode = 200;
    response.setHeader('Content-Type', 'application/json;stream=watch');
    response.flushHeaders();
    response.on('close', () => this.stop());
    if (!this.sendPast()) {
      response.end();
      return;
    }
    this.unsubscribe.push(this.request.store.subscribe((event) => this.forward(event)));
    const seconds = Number(query.get('timeoutSeconds') ?? defaultTimeoutSeconds);
    const end = setTimeout(() => response.end(), (seconds || defaultTimeoutSeconds) * 1000);
    this.unsubscribe.push(() => clearTimeout(end));
    if (query.get('allowWatchBookmarks') === 'true') this.startBookmarks();
  }

  /** What happened before the watch began; false when that is forgotten. */
  private sendPast(): boolean {
    const { store, selection } = this.request;
    const { query } = this.exchange;
    const from = query.get('resourceVersion') ?? '';
    const asked = query.get('sendInitialEvents');
    const wantsState = asked === null ? from === '' || from === '0' : asked === 'true';
    this.sentUpTo = store.resourceVersion;
    if (wantsState) {
      for (const object of store.list(selection.type, selection.namespace)) {
        if (isSelected(selection, object)) this.send('ADDED', object);
      }
      if (asked === 'true') this.bookmark({ 'k8s.io/initial-events-end': 'true' });
      return true;
    }
    const since = store.changesSince(selection.type, Number(from));
    if (since === undefined) {
      const status = expired(`too old resource version: ${from} (${store.resourceVersion})`);
      this.write({ type: 'ERROR', object: status.toStatus() });
      return false;
    }
    since.forEach((event) => this.forward(event));
    return true;
  }

  private forward(event: StoreEvent): void {
    const { selection } = this.request;
    if (event.type !== selection.type) return;
    this.sentUpTo = event.resourceVersion;
    const was = event.previous !== undefined && isSelected(selection, event.previous);
    const is = event.change !== 'DELETED' && isSelected(selection, event.object);
    if (is) this.send(was ? 'MODIFIED' : 'ADDED', event.object);
    else if (was) this.send('DELETED', event.object);
  }

  private send(type: string, object: KubeObject): void {
    this.write({ type, object: this.request.render(object, this.isFirst) });
    this.isFirst = false;
  }

  private startBookmarks(): void {
    const timer = setInterval(() => this.bookmark({}), this.request.bookmarkMs);
    this.unsubscribe.push(() => clearInterval(timer));
  }

  private bookmark(annotations: JsonObject): void {
    const { type } = this.request.selection;
    const hasAnnotations = Object.keys(annotations).length > 0;
    this.write({
      type: 'BOOKMARK',
      object: {
        kind: type.kind,
        apiVersion: apiVersionOf(type),
        metadata: {
          resourceVersion: `${Math.max(this.sentUpTo, this.request.store.resourceVersion)}`,
          creationTimestamp: null,
          ...(hasAnnotations ? { annotations } : {}),
        },
      },
    });
  }

  private write(event: JsonObject): void {
    const { response } = this.exchange;
    if (response.writableLength > maxUnreadBytes) {
      response.destroy();
      return;
    }
    response.write(`${JSON.stringify(event)}\n`);
  }

  private stop(): void {
    this.unsubscribe.splice(0).forEach((unsubscribe) => unsubscribe());
  }
}
