import { describe, expect, it } from 'vitest';
import { parseKubeRequest, type ResourceRequest } from '../domain/kube-request.js';
import type { AnswerHead } from '../streams/body-transform.js';
import { filterCall } from './filter-call.js';

const LIST = '/api/v1/namespaces/payments/pods';
const json: AnswerHead = {
  statusCode: 200,
  contentType: 'application/json',
  contentEncoding: '',
};

function filterOf(target: string, names: readonly string[] = ['a', 'b']) {
  const request = parseKubeRequest('GET', target) as ResourceRequest;
  return filterCall(request, ['Accept', 'application/json'], names);
}

/** What comes out of an answer in chunks of a size. */
function passed(body: string, { target = LIST, head = json, size = 7 } = {}): string {
  const transform = filterOf(target).transform(head);
  if (transform === undefined) return body;
  const bytes = Buffer.from(body);
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    out.push(...transform.push(Uint8Array.from(bytes.subarray(at, at + size))));
  }
  transform.end();
  return Buffer.concat(out).toString();
}

const item = (name: string) => ({ metadata: { name, namespace: 'payments' }, spec: { x: [name] } });
const list = (...names: string[]) => ({
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: { resourceVersion: '7' },
  items: names.map(item),
});

describe('T14 what is passed on of a list', () => {
  it('are the objects that the grant names, and nothing that counts the others', () => {
    const { metadata, ...rest } = list('a', 'x', 'b', 'y');
    const counted = { ...metadata, remainingItemCount: 9, continue: 'token', extra: { n: 4 } };
    const body = JSON.stringify({ ...rest, metadata: counted, total: 4, hidden: ['x'] });
    for (const size of [1, 7, 10_000]) {
      expect(JSON.parse(passed(body, { size }))).toStrictEqual(list('a', 'b'));
    }
  });

  it('are the rows of a table whose object is named', () => {
    const row = (name: string) => ({ cells: [name], object: { kind: 'X', metadata: { name } } });
    const table = (...names: string[]) => ({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '7' },
      columnDefinitions: [{ name: 'Name', type: 'string' }],
      rows: names.map(row),
    });
    const body = JSON.stringify(table('x', 'a', 'y'));
    expect(JSON.parse(passed(body))).toStrictEqual(table('a'));
    const bare = JSON.stringify({
      ...table(),
      rows: [{ cells: ['a'], object: null }, { cells: ['a'] }],
    });
    expect(JSON.parse(passed(bare))).toStrictEqual(table());
  });

  it.each([
    ['a name in another case of letters', { items: [{ metadata: { name: 'A' } }] }],
    ['a name with something behind it', { items: [{ metadata: { name: 'a ' } }] }],
    ['a name that is no text', { items: [{ metadata: { name: ['a'] } }] }],
    ['a name in another place', { items: [{ name: 'a', metadata: { labels: { name: 'a' } } }] }],
    ['an empty name', { items: [{ metadata: { name: '' } }] }],
    ['another list in the list', { items: [[{ metadata: { name: 'a' } }]] }],
  ])('is no object with %s', (_, document) => {
    expect(passed(JSON.stringify(document))).toBe('{"items":[]}');
  });

  it.each([
    ['{"items":{"x":{"metadata":{"name":"x"}}}}', 'expected an array'],
    ['{"items":[{"metadata":{"name":"a","name":"x"}}]}', 'may be kept, and that not'],
    ['{"items":[{"metadata":{"name":"a"}}]', 'too early'],
    ['{"items":[{"metadata":{"name":"a"}}]}{}', 'no valid JSON'],
    ['not json', 'no valid JSON'],
    ['', 'too early'],
  ])('is nothing more once it cannot be judged: %j', (body, why) => {
    expect(() => passed(body)).toThrow(
      expect.objectContaining({
        code: 'answer_not_filterable',
        message: expect.stringContaining(why) as string,
      }),
    );
  });
});

describe('T14 what is passed on of a watch', () => {
  const target = `${LIST}?watch=1`;
  const frame = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
  const table = (...names: string[]) => ({
    kind: 'Table',
    metadata: {},
    rows: names.map((name) => ({ cells: [name], object: { metadata: { name } } })),
  });

  it('are whole frames of the objects that the grant names', () => {
    const shown = [
      frame('ADDED', item('a')),
      frame('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '9' } }),
      frame('DELETED', table('b')),
      frame('BOOKMARK', table('')),
      frame('ERROR', { kind: 'Status', code: 410, message: 'too old' }),
    ];
    const hidden = ['ADDED', 'MODIFIED', 'DELETED'].flatMap((type) => [
      frame(type, item('x')),
      frame(type, table('x')),
      frame(type, table('x', 'y')),
    ]);
    const [one = '', two = '', ...others] = shown;
    const body = [...hidden, one, ...hidden, two, ...others, ...hidden].join('');
    for (const size of [1, 5, 100_000]) {
      expect(passed(body, { target, size })).toBe(shown.join(''));
    }
  });

  it.each([
    frame('ADDED', { metadata: {} }),
    frame('ADDED', null),
    frame('ADDED', table()),
    frame('GUESSED', item('a')).replace('"type":"GUESSED"', '"type":5'),
    '{"object":{"metadata":{"name":"x"}},"type":"ADDED"}\n',
    '{"type":"ADDED"}\n',
    '[]\n',
    '"x"\n',
  ])('is no frame that names none of them: %s', (text) => {
    expect(passed(text, { target })).toBe('');
  });

  it.each([
    '{"type":"BOOKMARK","object":{"metadata":{"name":"x"}}}\n',
    '{"type":"ADDED","object":{"metadata":{"name":"a"},"rows":[{"object":{"metadata":{"name":"x"}}}]}}\n',
    '{"type":"BOOKMARK","type":"SOMETHING","object":{}}\n',
  ])('ends at a frame that says two things: %s', (text) => {
    expect(() => passed(text, { target })).toThrow('may be kept, and that not');
  });

  it('leaves out a frame whose hidden name comes first, whatever it says of itself later', () => {
    const text = '{"object":{"metadata":{"name":"x"}},"type":"BOOKMARK"}\n';
    expect(passed(text, { target })).toBe('');
  });
});

describe('an answer that is no list', () => {
  const status =
    '{"kind":"Status","code":500,"message":"cannot decode pods \\"x\\"","details":{"name":"x"}}';

  it('passes as it is where the client is at fault', () => {
    for (const statusCode of [400, 404, 410, 422]) {
      expect(filterOf(LIST).transform({ ...json, statusCode })).toBeUndefined();
    }
  });

  it('loses its words where the cluster failed: they may speak of any object', () => {
    const out = passed(status, { head: { ...json, statusCode: 500 } });
    expect(JSON.parse(out)).toMatchObject({ kind: 'Status', code: 500 });
    expect(out).not.toContain('x\\"');
    expect(out).not.toContain('details');
  });

  it.each<Partial<AnswerHead>>([
    { contentType: 'application/vnd.kubernetes.protobuf' },
    { contentType: 'application/json-seq' },
    { contentType: 'application/jsonp' },
    { contentType: '' },
    { contentType: 'application/yaml' },
    { contentEncoding: 'gzip' },
    { contentEncoding: 'identity, gzip' },
    { statusCode: 201 },
    { statusCode: 204 },
    { statusCode: 206 },
    { statusCode: 304 },
    { statusCode: 500, contentType: 'text/plain' },
  ])('is refused when it cannot be read: %j', (head) => {
    expect(() => filterOf(LIST).transform({ ...json, ...head })).toThrow(
      expect.objectContaining({ code: 'answer_not_filterable' }),
    );
  });
});
