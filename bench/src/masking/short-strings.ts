import { TextDetectors } from '@drawbridge/masking';

/** As they stand in objects, of 20 to 62 letters, and nothing in them to mask. */
const texts: readonly string[] = [
  '2026-11-01T08:00:00Z',
  'kube-controller-manager',
  'checkout-7d4b9c5f6d-x2x9k',
  'topology.kubernetes.io/zone',
  'registry.corp.test/checkout:1.42.0',
  '0d2b6c1e-6ddc-4b5a-9f0e-000000000123',
  '/var/run/secrets/kubernetes.io/serviceaccount',
  'Successfully assigned payments/checkout to node-3',
  'Readiness probe failed: HTTP probe failed with statuscode: 503',
];
const TURNS = 20_000;

export interface ShortStrings {
  /** Of a string, on average. */
  readonly bytes: number;
  /** To know of one that nothing is in it: the best round. */
  readonly nanoseconds: number;
}

/** What it costs to ask all detectors about single values. */
export function measureShortStrings(rounds: number): ShortStrings {
  const detectors = new TextDetectors();
  const body = Buffer.from(JSON.stringify(texts));
  const values = texts.map((text) => {
    const start = body.indexOf(text);
    return { bytes: body, start, end: start + text.length };
  });
  const round = (): number => {
    const started = performance.now();
    let clean = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const value of values) if (detectors.isClean(value)) clean += 1;
    }
    if (clean !== TURNS * values.length) throw new Error('something was found in these strings');
    return ((performance.now() - started) * 1e6) / clean;
  };
  const nanoseconds = Math.min(...Array.from({ length: rounds + 1 }, round));
  return { bytes: texts.join('').length / texts.length, nanoseconds };
}
