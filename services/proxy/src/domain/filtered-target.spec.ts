import { describe, expect, it } from 'vitest';
import { acceptedJson } from './accepted-json.js';
import { filteredTarget } from './filtered-target.js';

const filtered = (query: string, ...names: string[]) =>
  filteredTarget(`/api/v1/pods${query}`, names);

describe('T14 what is asked of the cluster for a filtered list', () => {
  it.each([
    ['', ''],
    ['?limit=500', ''],
    ['?limit=500&continue=', ''],
    [
      '?watch=true&resourceVersion=7&allowWatchBookmarks=true',
      '?watch=true&resourceVersion=7&allowWatchBookmarks=true',
    ],
    [
      '?sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
      '?sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
    ],
    ['?includeObject=None', '?includeObject=Metadata'],
    ['?includeObject=Object', '?includeObject=Object'],
    ['?labelSelector=a%3Db&fieldSelector=x%3Dy', '?labelSelector=a%3Db&fieldSelector=x%3Dy'],
  ])('for several names, of %j: %j', (query, expected) => {
    expect(filtered(query, 'a', 'b')).toBe(`/api/v1/pods${expected}`);
  });

  it.each([
    ['', '?fieldSelector=metadata.name%3Da'],
    ['?limit=1&watch=1', '?watch=1&fieldSelector=metadata.name%3Da'],
    ['?fieldSelector=x%3Dy', '?fieldSelector=x%3Dy%2Cmetadata.name%3Da'],
    ['?fieldSelector=', '?fieldSelector=metadata.name%3Da'],
  ])('for one name, of %j: %j', (query, expected) => {
    expect(filtered(query, 'a')).toBe(`/api/v1/pods${expected}`);
  });

  it('a name never adds to the selector', () => {
    expect(filtered('', 'a,metadata.name!=b')).toBe(
      '/api/v1/pods?fieldSelector=metadata.name%3Da%5C%2Cmetadata.name!%5C%3Db',
    );
  });

  it('a continue token is refused', () => {
    expect(() => filtered('?limit=1&continue=eyJ2', 'a')).toThrow(
      expect.objectContaining({ code: 'continue_refused' }),
    );
  });
});

describe('an Accept header cut down to JSON', () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  it.each([
    ['', 'application/json'],
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
    [
      `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`,
      `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`,
    ],
    ['application/vnd.kubernetes.protobuf,application/json', 'application/json'],
    ['application/vnd.kubernetes.protobuf, */*', 'application/json'],
    ['Application/JSON;q=0.5', 'application/json;q=0.5'],
    [`application/cbor, ${table} ; q=1`, `${table} ; q=1`],
    ['application/json, application/json\u0001', 'application/json'],
    ['application/vnd.kubernetes.protobuf', undefined],
    ['application/yaml', undefined],
    ['application/cbor', undefined],
    ['text/html', undefined],
    ['application/jsonx', undefined],
  ])('%j: %j', (accept, expected) => {
    expect(acceptedJson(accept)).toBe(expected);
  });
});
