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
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair([minutes, 'm'], [seconds % 60, 's']);
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair([hours, 'h'], [minutes % 60, 'm']);
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair([days, 'd'], [hours % 24, 'h']);
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(hours / 24 / 365);
  if (hours < 24 * 365 * 8) return pair([years, 'y'], [days % 365, 'd']);
  return `${years}y`;
}

function pair([big, bigUnit]: [number, string], [small, smallUnit]: [number, string]): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}
