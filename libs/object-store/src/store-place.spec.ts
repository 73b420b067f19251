import { describe, expect, it } from 'vitest';
import { storePlace } from './store-place.js';

describe('the address of an object store', () => {
  it('is a directory', () => {
    expect(storePlace('file:///var/lib/drawbridge/bodies')).toStrictEqual({
      type: 'directory',
      path: '/var/lib/drawbridge/bodies',
    });
  });

  it('is a bucket of AWS', () => {
    expect(storePlace('s3://corp-bodies')).toStrictEqual({
      type: 's3',
      bucket: 'corp-bodies',
      prefix: '',
      pathStyle: false,
    });
  });

  it('is a bucket of another server, with a prefix', () => {
    const address = 's3://bodies/prod/eu/?endpoint=https://s3.corp.test&region=eu-1&pathStyle=true';
    expect(storePlace(address)).toStrictEqual({
      type: 's3',
      bucket: 'bodies',
      prefix: 'prod/eu/',
      endpoint: 'https://s3.corp.test',
      region: 'eu-1',
      pathStyle: true,
    });
  });

  it.each([
    ['nothing', ''],
    ['no address', 'bodies'],
    ['another protocol', 'https://bucket.s3.amazonaws.com'],
    ['a host before a path', 'file://host/var/lib'],
    ['the root', 'file:///'],
    ['a bucket with capitals', 's3://Bodies_1'],
    ['an odd prefix', 's3://bodies/a%20b'],
    ['an empty part of a prefix', 's3://bodies/a//b'],
    ['an unknown parameter', 's3://bodies?secret=x'],
    ['an endpoint that is none', 's3://bodies?endpoint=s3.corp.test'],
    ['an endpoint with a password', 's3://bodies?endpoint=https://a:b@s3.corp.test'],
    ['an odd region', 's3://bodies?region=EU!'],
    ['an odd path style', 's3://bodies?pathStyle=yes'],
    ['a fragment', 's3://bodies#x'],
  ])('is refused: %s', (_, address) => {
    expect(() => storePlace(address)).toThrow(
      expect.objectContaining({ code: 'object_store_invalid' }) as Error,
    );
  });

  it('never repeats a password that stands in it', () => {
    const address = 's3://user:hunter2@bodies';
    expect(() => storePlace(address)).toThrow(/^(?!.*hunter2)/);
    expect(() => storePlace(address)).toThrow('expected no user or password');
  });
});
