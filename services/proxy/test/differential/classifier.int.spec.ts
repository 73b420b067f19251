import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseKubeRequest, type KubeRequest } from '../../src/domain/kube-request.js';
import { MalformedKubeRequest } from '../../src/domain/malformed-kube-request.js';
import { resolveAsApiserver, type Resolved } from './apiserver-resolver.js';
import { targetCorpus, type CorpusEntry } from './target-corpus.js';

const COUNT = 120_000;
const SEED = 20_260_722;

interface Judged {
  readonly entry: CorpusEntry;
  readonly theirs: Resolved;
  /** Absent: refused by us. */
  readonly ours?: KubeRequest;
}

let judged: readonly Judged[] = [];

beforeAll(async () => {
  const corpus = [...targetCorpus(COUNT, SEED)];
  const resolved = await resolveAsApiserver(corpus);
  judged = corpus.map((entry, n) => {
    const theirs = resolved[n];
    if (theirs === undefined) throw new Error('an answer is missing');
    const ours = classified(entry);
    return { entry, theirs, ...(ours !== undefined && { ours }) };
  });
});

function classified({ method, target }: CorpusEntry): KubeRequest | undefined {
  try {
    return parseKubeRequest(method, target);
  } catch (error) {
    if (error instanceof MalformedKubeRequest) return undefined;
    throw error;
  }
}

/** Ours in the words of theirs; a method without a verb is refused later, whatever else was read. */
function inTheirWords(ours: KubeRequest): Partial<Resolved> {
  if (ours.kind === 'nonResource') {
    const { path, verb } = ours;
    return { isResource: false, path: decodeURIComponent(path), verb };
  }
  const { verb, apiPrefix, apiGroup, apiVersion, namespace, resource, subresource, name } = ours;
  const { parts, fieldSelector, labelSelector } = ours;
  return {
    ...{ isResource: true, verb, apiPrefix, apiGroup, apiVersion, namespace, resource },
    ...{ subresource, name, parts: [...parts], fieldSelector, labelSelector },
  };
}

/** The first that differ; a corpus of differences would only fill the screen. */
const differing = (pairs: readonly { line: string; ours: object; theirs: Resolved }[]) =>
  pairs.filter(({ ours, theirs }) => !matches(theirs, ours)).slice(0, 5);

const matches = (theirs: Resolved, ours: object): boolean =>
  theirs.error === undefined &&
  Object.entries({ ...theirs, path: withoutSlash(theirs.path) }).every(
    ([field, value]) => !(field in ours) || isDeepStrictEqual(Reflect.get(ours, field), value),
  );

/** One slash at the end means nothing, and is not forwarded. */
const withoutSlash = (path: string): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;

describe(`the classifier beside k8s.io/apiserver, on ${COUNT} request lines`, () => {
  it('T6 reads what it takes exactly as the apiserver does', () => {
    const pairs = judged.flatMap(({ entry, ours, theirs }) =>
      ours === undefined
        ? []
        : [{ line: `${entry.method} ${entry.target}`, ours: inTheirWords(ours), theirs }],
    );
    expect(pairs.length).toBeGreaterThan(COUNT / 2);
    expect(differing(pairs)).toEqual([]);
  });

  it('T6 forwards a target that the apiserver reads as it was judged', async () => {
    const taken = judged.flatMap(({ ours }) => (ours === undefined ? [] : [ours]));
    const again = await resolveAsApiserver(taken);
    const pairs = taken.flatMap((ours, n) => {
      const theirs = again[n];
      return theirs === undefined ? [] : [{ line: ours.target, ours: inTheirWords(ours), theirs }];
    });
    expect(pairs).toHaveLength(taken.length);
    expect(differing(pairs)).toEqual([]);
  });

  it('refuses no line that an ordinary client writes, unless the apiserver does', () => {
    const refused = judged.filter(
      ({ entry, ours, theirs }) =>
        entry.ordinary && ours === undefined && theirs.error === undefined,
    );
    expect(refused.slice(0, 5).map(({ entry }) => entry.target)).toEqual([]);
  });

  it('refuses every line that the apiserver refuses', () => {
    const taken = judged.filter(
      ({ ours, theirs }) => ours !== undefined && theirs.error !== undefined,
    );
    expect(taken.slice(0, 5).map(({ entry }) => entry.target)).toEqual([]);
  });
});
