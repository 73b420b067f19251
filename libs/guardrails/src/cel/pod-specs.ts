import type { CelValue } from './cel-value.js';

/** Where an object of any kind may hold a pod spec: pods, controllers, cron jobs, pod templates. */
const places = [
  ['spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ['template', 'spec'],
];
const lists = ['containers', 'initContainers', 'ephemeralContainers'];

/** The pod specs of an object, found by their shape: a map with a list of containers. */
export function podSpecsOf(object: unknown): readonly CelValue[] {
  return places
    .map((path) => path.reduce<unknown>((value, key) => memberOf(value, key), object))
    .filter((spec): spec is CelValue => lists.some((list) => Array.isArray(memberOf(spec, list))));
}

/** All containers of an object's pod specs: those that run, init and ephemeral ones. */
export function containersOf(object: unknown): readonly CelValue[] {
  return podSpecsOf(object).flatMap((spec) =>
    lists.flatMap((list) => {
      const containers = memberOf(spec, list);
      return Array.isArray(containers) ? (containers as readonly CelValue[]) : [];
    }),
  );
}

function memberOf(value: unknown, key: string): unknown {
  return value instanceof Map ? value.get(key) : undefined;
}
