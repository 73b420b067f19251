import { describe, expect, it } from 'vitest';
import { splitConnectionPath } from './connection-path.js';

describe('the path of a connection', () => {
  it.each([
    ['/connections/prod-eks/api/v1/pods?watch=1', 'prod-eks', '/api/v1/pods?watch=1'],
    ['/connections/a/', 'a', '/'],
    ['/connections/a', 'a', '/'],
    ['/connections/a?x=/b', 'a', '/?x=/b'],
    ['/connections/a//api', 'a', '//api'],
  ])('%s is %s and %s', (target, connection, rest) => {
    expect(splitConnectionPath(target)).toStrictEqual({ connection, target: rest });
  });

  it.each(
    ['', '/', '/connections', '/connections/', '/connections//api', '/connections/-a/api'].concat(
      ['/connections/A/api', '/connections/a.b/api', '/connections/%61/api', '/Connections/a/api'],
      [
        '/connections/../a',
        '/api/v1/pods',
        `/connections/${'a'.repeat(64)}/api`,
        '/x/connections/a/',
      ],
    ),
  )('%s is none', (target) => {
    expect(() => splitConnectionPath(target)).toThrow(
      expect.objectContaining({ code: 'path_unknown' }) as Error,
    );
  });
});
