import { everythingByHttp1, everythingByHttp2 } from './everything-of.js';
import type { CallRoute, Route } from './route.js';

/** Over HTTP/1.1, then over HTTP/2. */
export const callRoute = ({ what, expected = 'same', tells, ...call }: CallRoute): Route => ({
  what,
  expected,
  ...(tells !== undefined && { tells }),
  send: async ({ way }) => {
    const answers = [await everythingByHttp1(way, call), await everythingByHttp2(way, call)];
    return {
      parts: answers.flatMap(({ head, body }) => [head, body]),
      ended: answers.map(({ status }) => status).join(' '),
    };
  },
});
