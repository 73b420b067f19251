import { hostname } from 'node:os';

/** What a connector calls itself when nobody gave it a name: as its host, which is its pod. */
export function ownName(): string {
  const name = hostname()
    .replace(/[^-.a-zA-Z0-9]/g, '')
    .slice(0, 63);
  return name.replace(/^[-.]+|[-.]+$/g, '') || 'connector';
}
