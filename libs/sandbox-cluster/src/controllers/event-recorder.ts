import { randomBytes } from 'node:crypto';
import { numberAt } from '../json.js';
import { type KubeObject, withField } from '../kube-object.js';
import { createObject } from '../registry/create-object.js';
import { nowOf, type Registry } from '../registry/registry.js';
import { updateObject } from '../registry/update-object.js';
import { controllerWrites } from '../registry/write-options.js';
import { events, namespaces } from '../resources/cluster.js';

/** What happened to an object. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The component that says so, such as `deployment-controller`. */
  readonly component: string;
}

/** The newest events are kept, as an API server keeps them for an hour. */
const maxEvents = 1000;

/** Records events, which `kubectl describe` and `kubectl get events` show. */
export class EventRecorder {
  /** The names of the recorded events, oldest first, by what they say. */
  private readonly recorded = new Map<
    string,
    { readonly namespace: string; readonly name: string }
  >();

  constructor(private readonly registry: Registry) {}

  /** Records one event; the same thing happening again raises its count. */
  record(object: KubeObject, happening: Happening): void {
    const namespace = object.metadata.namespace ?? 'default';
    const { store } = this.registry;
    const home = store.get(namespaces, undefined, namespace);
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return;
    const key = [object.metadata.uid, happening.reason, happening.message].join('\n');
    const known = this.recorded.get(key);
    const earlier = known && store.get(events, known.namespace, known.name);
    if (earlier !== undefined) this.countAgain(earlier);
    else this.create(object, { happening, namespace, key });
  }

  private countAgain(event: KubeObject): void {
    const counted = withField(event, ['count'], (numberAt(event, 'count') ?? 1) + 1);
    updateObject(this.registry, {
      type: events,
      namespace: event.metadata.namespace,
      name: event.metadata.name,
      body: withField(counted, ['lastTimestamp'], nowOf(this.registry)),
      options: controllerWrites('kube-controller-manager'),
      subresource: '',
    });
  }

  private create(
    object: KubeObject,
    {
      happening,
      namespace,
      key,
    }: { readonly happening: Happening; readonly namespace: string; readonly key: string },
  ): void {
    const { component, ...said } = happening;
    const time = nowOf(this.registry);
    const { name: involved, uid, resourceVersion } = object.metadata;
    const name = `${involved}.${randomBytes(8).toString('hex')}`;
    const { apiVersion, kind } = object;
    const place = object.metadata.namespace === undefined ? {} : { namespace };
    createObject(this.registry, {
      type: events,
      namespace,
      body: {
        metadata: { name },
        involvedObject: { apiVersion, kind, ...place, name: involved, uid, resourceVersion },
        ...said,
        source: { component },
        reportingComponent: component,
        reportingInstance: '',
        count: 1,
        firstTimestamp: time,
        lastTimestamp: time,
      },
      options: controllerWrites(component),
    });
    this.recorded.set(key, { namespace, name });
    this.forgetOldest();
  }

  private forgetOldest(): void {
    if (this.recorded.size <= maxEvents) return;
    const [oldest] = this.recorded;
    if (oldest === undefined) return;
    const [key, { namespace, name }] = oldest;
    this.recorded.delete(key);
    const event = this.registry.store.get(events, namespace, name);
    if (event !== undefined) this.registry.store.remove(events, event);
  }
}
