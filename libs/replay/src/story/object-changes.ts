import type { StoryChange } from '@drawbridge/contracts';
import {
  isList,
  isObject,
  objectAt,
  textAt,
  without,
  type Json,
  type JsonObject,
} from '../json.js';

/** What the server keeps for itself, which changes with every write and says nothing. */
const SERVER_METADATA = [
  ...['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink'],
];
/** kubectl's copy of the manifest: whatever changed in it has changed in the object too. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_VALUE = 500;

/** Which part of the objects a write is about. */
export interface ComparedParts {
  /** `status` is the cluster's, but for a write of it. */
  readonly withStatus: boolean;
}

/**
 * What differs between an object before and after a write, in the order of the members. Elements of lists are told
 * apart by their `name`, where all have one of their own, else by their place.
 */
export function objectChanges(
  before: JsonObject,
  after: JsonObject,
  { withStatus }: ComparedParts,
): StoryChange[] {
  return changesAt('', partsOf(before, withStatus), partsOf(after, withStatus));
}

/** `Deployment payments/checkout`. */
export function objectName(object: Json | undefined): string {
  const names = [textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')];
  return `${textAt(object, 'kind')} ${names.filter((name) => name !== '').join('/')}`.trim();
}

/** Everything that an object says, as if all of it were new; what it is called by is said already. */
export function contentOf(object: JsonObject): StoryChange[] {
  const content = without(partsOf(object, false), ['kind', 'apiVersion', 'metadata']);
  const metadata = without(objectAt(partsOf(object, false), 'metadata'), ['name', 'namespace']);
  const named = Object.keys(metadata).length === 0 ? {} : { metadata };
  return changesAt('', {}, { ...named, ...content });
}

function partsOf(object: JsonObject, withStatus: boolean): JsonObject {
  const kept = withStatus ? object : without(object, ['status']);
  const { metadata } = kept;
  if (!isObject(metadata)) return kept;
  const said = without(metadata, SERVER_METADATA);
  const { annotations } = said;
  if (!isObject(annotations)) return { ...kept, metadata: said };
  const own = without(annotations, [LAST_APPLIED]);
  const rest = without(said, ['annotations']);
  const noted = Object.keys(own).length === 0 ? rest : { ...rest, annotations: own };
  return { ...kept, metadata: noted };
}

function changesAt(path: string, before: Json | undefined, after: Json | undefined): StoryChange[] {
  if (before === after) return [];
  const parts = partsToCompare(before, after);
  if (parts === undefined) return leaf(path, before, after);
  const steps = new Set([...parts.before.keys(), ...parts.after.keys()]);
  return [...steps].flatMap((step) =>
    changesAt(joined(path, step), parts.before.get(step), parts.after.get(step)),
  );
}

type Parts = ReadonlyMap<string, Json | undefined>;
const none: Parts = new Map();

/** Both sides by their steps; `undefined` where one of them is no object or list, or they are of different kinds. */
function partsToCompare(
  before: Json | undefined,
  after: Json | undefined,
): { readonly before: Parts; readonly after: Parts } | undefined {
  const objects = [before, after].filter((side) => side !== undefined);
  if (objects.every(isObject) && objects.some((side) => Object.keys(side).length > 0)) {
    return { before: members(before), after: members(after) };
  }
  if (!objects.every(isList) || objects.every((side) => side.length === 0)) return undefined;
  const step = objects.every(haveNames) ? byName : byPlace;
  return { before: elements(before, step), after: elements(after, step) };
}

const members = (value: Json | undefined): Parts =>
  isObject(value) ? new Map(Object.entries(value)) : none;

const elements = (
  value: Json | undefined,
  step: (element: Json, place: number) => string,
): Parts =>
  isList(value)
    ? new Map(value.map((element, place) => [step(element, place), element] as const))
    : none;

const byName = (element: Json): string => `[${textAt(element, 'name')}]`;
const byPlace = (_element: Json, place: number): string => `[${place}]`;

function haveNames(list: readonly Json[]): boolean {
  const names = list.map((element) => textAt(element, 'name'));
  return names.every((name) => name !== '') && new Set(names).size === names.length;
}

function joined(path: string, step: string): string {
  if (step.startsWith('[') || path === '') return `${path}${plain(step)}`;
  const text = plain(step);
  return text.startsWith('[') ? `${path}${text}` : `${path}.${text}`;
}

/** A member whose name has points or slashes, as labels have, stands in brackets. */
const plain = (step: string): string =>
  step.startsWith('[') || /^[\w-]+$/.test(step) ? step : `[${JSON.stringify(step)}]`;

function leaf(path: string, before: Json | undefined, after: Json | undefined): StoryChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [was, is] = [shown(before), shown(after)];
  return [
    {
      path: path.length <= MAX_VALUE ? path : `${path.slice(0, MAX_VALUE)}…`,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    },
  ];
}

function shown(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  if (text.length <= MAX_VALUE) return text;
  return `${text.slice(0, MAX_VALUE)}… (${text.length} characters)`;
}
