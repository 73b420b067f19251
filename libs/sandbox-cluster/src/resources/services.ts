import { invalidValue, notSupported, required, type StatusCause } from '../api-status.js';
import {
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  withDefaults,
  without,
} from '../json.js';
import { type KubeObject, withField } from '../kube-object.js';
import { resourceType, statusOf } from '../registry/resource-type.js';
import { serviceColumns } from '../table/core-columns.js';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function serviceDefaults(object: KubeObject): KubeObject {
  const spec = objectAt(object, 'spec');
  const type = stringAt(spec, 'type') ?? 'ClusterIP';
  const ports = objectsAt(spec, 'ports').map((port) =>
    withDefaults(port, { protocol: 'TCP', targetPort: port['port'] }),
  );
  const common = withDefaults(
    { ...spec, ...(ports.length === 0 ? {} : { ports }) },
    { type, sessionAffinity: 'None' },
  );
  return withField(
    object,
    ['spec'],
    type === 'ExternalName' ? common : withAddress(object, common),
  );
}

function withAddress(object: KubeObject, spec: JsonObject): JsonObject {
  const clusterIP = stringAt(spec, 'clusterIP') ?? addressOf(object.metadata.uid);
  const filled = withDefaults(spec, {
    clusterIP,
    clusterIPs: [clusterIP],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
  });
  if (spec['type'] === 'ClusterIP') return filled;
  const ports = objectsAt(filled, 'ports').map((port, index) =>
    withDefaults(port, { nodePort: 30_000 + (hash(`${object.metadata.uid}${index}`) % 2768) }),
  );
  return withDefaults({ ...filled, ports }, { externalTrafficPolicy: 'Cluster' });
}

/** A cluster address in 10.96.0.0/12 that follows from the uid, so that defaulting stays pure. */
function addressOf(uid: string): string {
  const number = hash(uid);
  return `10.${96 + (number % 16)}.${(number >>> 8) % 256}.${1 + ((number >>> 16) % 254)}`;
}

function hash(text: string): number {
  let value = 2_166_136_261;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 16_777_619) >>> 0;
  return value;
}

function serviceCauses(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const type = stringAt(spec, 'type') ?? '';
  const ports = objectsAt(spec, 'ports');
  const needsPorts = type !== 'ExternalName' && spec['clusterIP'] !== 'None';
  return [
    ...(needsPorts && ports.length === 0 ? [required('spec.ports')] : []),
    ...(types.includes(type) ? [] : [notSupported('spec.type', type, types)]),
    ...ports.flatMap((port, index) => portCauses(port, { index, several: ports.length > 1 })),
  ];
}

function portCauses(
  port: JsonObject,
  { index, several }: { readonly index: number; readonly several: boolean },
): readonly StatusCause[] {
  const number = numberAt(port, 'port') ?? 0;
  const valid = number > 0 && number < 65_536;
  return [
    ...(several && stringAt(port, 'name') === undefined
      ? [required(`spec.ports[${index}].name`)]
      : []),
    ...(valid
      ? []
      : [
          invalidValue(
            `spec.ports[${index}].port`,
            number,
            'must be between 1 and 65535, inclusive',
          ),
        ]),
  ];
}

const addressFields = ['clusterIP', 'clusterIPs'];

export const services = resourceType({
  resource: 'services',
  singular: 'service',
  kind: 'Service',
  shortNames: ['svc'],
  categories: ['all'],
  nameRule: 'label',
  columns: serviceColumns,
  hasStatus: true,
  returnsDeleted: true,
  subresources: [statusOf('Service')],
  initialStatus: { loadBalancer: {} },
  selectableFields: {
    'spec.clusterIP': (object) => stringAt(object, 'spec', 'clusterIP') ?? '',
    'spec.type': (object) => stringAt(object, 'spec', 'type') ?? '',
  },
  defaults: serviceDefaults,
  validate: serviceCauses,
  // An update that leaves the address out keeps it, as the API server carries it over.
  prepareUpdate: (next, previous) => {
    if (objectAt(next, 'spec')['type'] === 'ExternalName') {
      return withField(next, ['spec'], without(objectAt(next, 'spec'), ...addressFields));
    }
    const kept = Object.fromEntries(
      addressFields.map((field) => [field, objectAt(previous, 'spec')[field]]),
    );
    return withField(next, ['spec'], withDefaults(objectAt(next, 'spec'), kept));
  },
  validateUpdate: (next, previous) => {
    const address = stringAt(next, 'spec', 'clusterIP') ?? '';
    const before = stringAt(previous, 'spec', 'clusterIP') ?? '';
    if (before === '' || address === '' || address === before) return [];
    return [invalidValue('spec.clusterIPs[0]', [address], 'may not change once set')];
  },
});
