import {
  duplicate,
  invalidValue,
  notSupported,
  required,
  type StatusCause,
} from '../api-status.js';
import { type JsonObject, objectAt, objectsAt, stringAt, withDefaults, without } from '../json.js';

/** What the API server fills into a pod spec, in a pod or in a workload's template. */
export function podSpecDefaults(spec: JsonObject): JsonObject {
  const account = stringAt(spec, 'serviceAccountName') ?? stringAt(spec, 'serviceAccount');
  const lists: JsonObject = {
    ...mapped(spec, 'containers', containerDefaults),
    ...mapped(spec, 'initContainers', containerDefaults),
    ...mapped(spec, 'volumes', volumeDefaults),
  };
  return withDefaults(
    {
      ...spec,
      ...lists,
      ...(account === undefined ? {} : { serviceAccountName: account, serviceAccount: account }),
    },
    {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    },
  );
}

function mapped(
  object: JsonObject,
  member: string,
  change: (item: JsonObject) => JsonObject,
): JsonObject {
  return object[member] === undefined ? {} : { [member]: objectsAt(object, member).map(change) };
}

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];

function containerDefaults(container: JsonObject): JsonObject {
  const image = stringAt(container, 'image') ?? '';
  const withProbes = Object.fromEntries(
    probes
      .filter((probe) => container[probe] !== undefined)
      .map((probe) => [probe, probeDefaults(objectAt(container, probe))]),
  );
  return withDefaults(
    {
      ...container,
      ...withProbes,
      ...mapped(container, 'ports', (port) => withDefaults(port, { protocol: 'TCP' })),
      ...mapped(container, 'env', envDefaults),
    },
    {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: isLatest(image) ? 'Always' : 'IfNotPresent',
    },
  );
}

/** An image without tag and digest, or with the tag `latest`. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest';
}

function probeDefaults(probe: JsonObject): JsonObject {
  const httpGet = objectAt(probe, 'httpGet');
  return withDefaults(
    {
      ...probe,
      ...('httpGet' in probe
        ? { httpGet: withDefaults(httpGet, { path: '/', scheme: 'HTTP' }) }
        : {}),
    },
    { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  );
}

function envDefaults(variable: JsonObject): JsonObject {
  const source = objectAt(variable, 'valueFrom');
  if (!('fieldRef' in source)) return variable;
  const fieldRef = withDefaults(objectAt(source, 'fieldRef'), { apiVersion: 'v1' });
  return { ...variable, valueFrom: { ...source, fieldRef } };
}

const volumesWithMode = ['configMap', 'secret', 'downwardAPI', 'projected'];

function volumeDefaults(volume: JsonObject): JsonObject {
  const filled = Object.fromEntries(
    volumesWithMode
      .filter((source) => volume[source] !== undefined)
      .map((source) => [source, withDefaults(objectAt(volume, source), { defaultMode: 420 })]),
  );
  const sources = Object.keys(without(volume, 'name'));
  return sources.length === 0 ? { ...volume, emptyDir: {} } : { ...volume, ...filled };
}

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const labelDetail =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** What is wrong with a pod spec at `path` (`spec`, or `spec.template.spec`). */
export function podSpecCauses(spec: JsonObject, path: string): readonly StatusCause[] {
  const containers = objectsAt(spec, 'containers');
  return [
    ...(containers.length === 0 ? [required(`${path}.containers`)] : []),
    ...containerCauses(containers, `${path}.containers`),
    ...containerCauses(objectsAt(spec, 'initContainers'), `${path}.initContainers`),
    ...mountCauses(spec, path),
    ...restartPolicyCauses(spec, path),
  ];
}

function containerCauses(containers: readonly JsonObject[], path: string): StatusCause[] {
  return containers.flatMap((container, index) => [
    ...nameCauses(containers, index, `${path}[${index}].name`),
    ...((stringAt(container, 'image') ?? '') === '' ? [required(`${path}[${index}].image`)] : []),
    ...portCauses(container, `${path}[${index}]`),
    ...objectsAt(container, 'env').flatMap((variable, position) =>
      (stringAt(variable, 'name') ?? '') === ''
        ? [required(`${path}[${index}].env[${position}].name`)]
        : [],
    ),
  ]);
}

function nameCauses(items: readonly JsonObject[], index: number, path: string): StatusCause[] {
  const name = stringAt(items[index], 'name') ?? '';
  if (name === '') return [required(path)];
  if (!label.test(name)) return [invalidValue(path, name, labelDetail)];
  const earlier = items.slice(0, index).some((item) => item['name'] === name);
  return earlier ? [duplicate(path, name)] : [];
}

function portCauses(container: JsonObject, path: string): StatusCause[] {
  return objectsAt(container, 'ports').flatMap((port, index) => {
    const number = port['containerPort'];
    const field = `${path}.ports[${index}].containerPort`;
    if (number === undefined) return [required(field)];
    return typeof number === 'number' && number > 0 && number < 65_536
      ? []
      : [invalidValue(field, number, 'must be between 1 and 65535, inclusive')];
  });
}

function mountCauses(spec: JsonObject, path: string): StatusCause[] {
  const volumes = objectsAt(spec, 'volumes').map((volume) => volume['name']);
  return objectsAt(spec, 'containers').flatMap((container, index) =>
    objectsAt(container, 'volumeMounts').flatMap((mount, position): StatusCause[] => {
      const name = stringAt(mount, 'name') ?? '';
      if (volumes.includes(name)) return [];
      const field = `${path}.containers[${index}].volumeMounts[${position}].name`;
      const message = `Not found: ${JSON.stringify(name)}`;
      return [{ reason: 'FieldValueNotFound', message, field }];
    }),
  );
}

function restartPolicyCauses(spec: JsonObject, path: string): StatusCause[] {
  const policy = stringAt(spec, 'restartPolicy') ?? 'Always';
  const supported = ['Always', 'OnFailure', 'Never'];
  return supported.includes(policy)
    ? []
    : [notSupported(`${path}.restartPolicy`, policy, supported)];
}
