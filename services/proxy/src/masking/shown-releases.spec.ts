import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { parseKubeRequest } from '../domain/kube-request.js';
import { RequestHeaders } from '../domain/request-headers.js';
import type { BodyTransform } from '../streams/body-transform.js';
import { callMask } from './call-mask.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const secrets = '/api/v1/namespaces/shop/secrets';
const one = `${secrets}/sh.helm.release.v1.shop.v1`;
const several = `${secrets}?labelSelector=name%3Dshop%2Cowner%3Dhelm`;
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
/** As Helm packs it. */
const packed = base64(base64(gzipSync(JSON.stringify({ config: { password: 'swordfish' } }))));
const release = {
  kind: 'Secret',
  metadata: { name: 'sh.helm.release.v1.shop.v1', labels: { owner: 'helm' } as object },
  data: { release: packed } as Record<string, string>,
  type: 'helm.sh/release.v1',
};
const list = (...items: object[]) => ({ kind: 'SecretList', items });

interface Answered {
  readonly target?: string;
  readonly answer: object | string;
  readonly showsReleases?: boolean;
  readonly statusCode?: number;
  readonly chunk?: number;
  readonly method?: string;
}

/** What a client gets, and the number of values that were masked. */
function seen(given: Answered) {
  const { target = one, method = 'GET', showsReleases = true, statusCode = 200 } = given;
  const kube = parseKubeRequest(method, target);
  const headers = new RequestHeaders([]);
  const mask = callMask({ kube, headers, masker, showsReleases });
  const head = { statusCode, contentType: 'application/json', contentEncoding: '' };
  const transform = mask.transform(head);
  if (transform === undefined) throw new Error('nothing is masked');
  const text = passed(transform, given);
  return { text, masked: transform.masked, notice: mask.notice };
}

function passed(transform: BodyTransform, { answer, chunk = 1_000 }: Answered): string {
  const bytes = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
  const out: Buffer[] = [];
  const keep = (pieces: readonly Uint8Array[]) => {
    out.push(...pieces.map((piece) => Buffer.from(piece)));
  };
  for (let at = 0; at < bytes.length; at += chunk) {
    const piece = Uint8Array.from(bytes.subarray(at, at + chunk));
    keep(transform.push(piece));
    // It belongs to whoever gave it.
    piece.fill(0);
  }
  keep(transform.end());
  return Buffer.concat(out).toString();
}

describe('a release of Helm, where releases are shown', () => {
  it.each([1, 7, 100_000])('is as the cluster sent it, in chunks of %i', (chunk) => {
    expect(JSON.parse(seen({ answer: release, chunk }).text)).toStrictEqual(release);
    const both = list(release, release);
    expect(JSON.parse(seen({ target: several, answer: both, chunk }).text)).toStrictEqual(both);
  });

  it('is announced', () => {
    expect(seen({ answer: release }).notice).toContain('Helm releases are shown');
    expect(seen({ answer: release, showsReleases: false }).notice).toBeUndefined();
    expect(seen({ target: secrets, answer: release }).notice).toBeUndefined();
  });

  it('has what stands beside its data masked', () => {
    const annotations = { 'app.test/password': 'swordfish' };
    const answer = { ...release, metadata: { ...release.metadata, annotations } };
    const { text, masked } = seen({ answer });
    expect(text).toContain(packed);
    expect(text).not.toContain('swordfish');
    expect(masked).toBe(1);
  });
});

const other = { ...release, metadata: { ...release.metadata, name: 'db' } };

describe('T13 no other secret is shown', () => {
  it.each<[string, Answered]>([
    ['of a connection that does not say so', { answer: release, showsReleases: false }],
    ['with the type, but not the name', { answer: other }],
    ['with the name, but not the type', { answer: { ...release, type: 'Opaque' } }],
    ['with the name, and no type', { answer: { ...release, type: undefined } }],
    ['without the label', { answer: { ...release, metadata: { name: release.metadata.name } } }],
    [
      'with more than the release',
      { answer: { ...release, data: { release: packed, x: packed } } },
    ],
    ['under another key', { answer: { ...release, data: { password: packed } } }],
    ['that is not packed', { answer: { ...release, data: { release: base64(packed) } } }],
    ['with stringData', { answer: { ...release, stringData: { release: packed } } }],
    ['in a list', { target: several, answer: list(other) }],
    ['of a list without the label', { target: secrets, answer: list(release) }],
    ['by another name', { target: `${secrets}/db`, answer: release }],
    ['in a table', { answer: { kind: 'Table', rows: [{ object: release }] } }],
    ['in a list of lists', { answer: list(list(release)), target: several }],
    ['in an error', { answer: release, statusCode: 409 }],
    ['in what a write returns', { answer: release, method: 'PUT' }],
    ['in a watch', { target: `${several}&watch=1`, answer: { type: 'ADDED', object: release } }],
    [
      'of a label that is like it',
      { target: `${secrets}?labelSelector=owner!%3Dhelm`, answer: list(release) },
    ],
    ['said twice', { answer: JSON.stringify(release).replace('{', '{"type":"Opaque",') }],
  ])('%s', (_, given) => {
    const { text } = seen(given);
    expect(text).not.toContain(packed);
    expect(text.length).toBeGreaterThan(10);
  });

  it('beside a release in a list', () => {
    const plain = { ...other, type: 'Opaque', data: { password: base64('swordfish') } };
    const { text, masked } = seen({ target: several, answer: list(plain, release, plain) });
    expect(text.split(packed)).toHaveLength(2);
    expect(text).not.toContain(base64('swordfish'));
    expect(masked).toBe(2);
    expect(JSON.parse(text)).toMatchObject({ items: [{}, { data: { release: packed } }, {}] });
  });

  it('in an answer that is too long to be looked at whole', () => {
    const large = { ...release, metadata: { ...release.metadata, note: 'x '.repeat(2_200_000) } };
    expect(seen({ answer: large, chunk: 65_536 }).text).not.toContain(packed);
  });

  it('in an answer that is broken off', () => {
    const broken = JSON.stringify(release).slice(0, -1);
    expect(() => seen({ answer: broken })).toThrow(
      expect.objectContaining({ code: 'answer_not_maskable' }) as Error,
    );
  });
});
