import type { KubeObject } from '../kube-object.js';

/** One column of the Table that `kubectl get` prints. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly format?: string;
  readonly description: string;
  /** 0 is always shown, 1 only by `-o wide`. */
  readonly priority: number;
  readonly cell: (object: KubeObject, now: Date) => string | number | boolean;
}

/** A column that is always shown. */
export function column(
  name: string,
  cell: Column['cell'],
  more: Partial<Omit<Column, 'name' | 'cell'>> = {},
): Column {
  return { name, cell, type: 'string', description: '', priority: 0, ...more };
}

/** A column that only `-o wide` shows. */
export function wideColumn(name: string, cell: Column['cell']): Column {
  return column(name, cell, { priority: 1 });
}

/** The first column of almost every kind. */
export const nameColumn = column('Name', (object) => object.metadata.name, {
  format: 'name',
  description: 'Name must be unique within a namespace.',
});

/** How long ago the object was created. */
export const ageColumn = column(
  'Age',
  (object, now) => ageSince(object.metadata.creationTimestamp, now),
  { description: 'CreationTimestamp is the server time when this object was created.' },
);

/** The time since an RFC 3339 instant as Kubernetes prints it; `<unknown>` when there is none. */
export function ageSince(instant: string | undefined, now: Date): string {
  if (instant === undefined) return '<unknown>';
  return humanDuration(Math.floor((now.getTime() - Date.parse(instant)) / 1000));
}

/**
 * A duration in the shape of `duration.HumanDuration` of k8s.io/apimachinery: two units at most, and the
 * smaller one only while it still matters.
 */
export function humanDuration(seconds: number): string {
  if (seconds < 0) return seconds < -1 ? '<invalid>' : '0s';
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  const shapes: readonly (readonly [isBelow: boolean, text: () => string])[] = [
    [seconds < 120, () => `${seconds}s`],
    [minutes < 10, () => pair([minutes, 'm'], [seconds % 60, 's'])],
    [minutes < 180, () => `${minutes}m`],
    [hours < 8, () => pair([hours, 'h'], [minutes % 60, 'm'])],
    [hours < 48, () => `${hours}h`],
    [days < 8, () => pair([days, 'd'], [hours % 24, 'h'])],
    [years < 2, () => `${days}d`],
    [years < 8, () => pair([years, 'y'], [days % 365, 'd'])],
  ];
  return shapes.find(([isBelow]) => isBelow)?.[1]() ?? `${years}y`;
}

function pair([big, bigUnit]: [number, string], [small, smallUnit]: [number, string]): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}
