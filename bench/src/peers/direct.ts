import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import type { Target } from './target.js';

/** The upstream itself, with nothing in between. */
export const direct = (upstreamPort: number): Target => ({
  name: 'direct',
  origin: `https://127.0.0.1:${upstreamPort}`,
  prefix: '',
  headers: { authorization: `Bearer ${UPSTREAM_TOKEN}` },
  http2: true,
});
