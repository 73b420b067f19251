import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { AccessRequestInput, Principal, type NamesLookup } from '@drawbridge/contracts';
import { loadConfiguration } from '@drawbridge/configuration';
import { namesIn, type ClusterOfNames } from '../test/cluster-of-names.js';
import { calm } from '../test/story.js';
import { compilePolicies } from './compile-policies.js';
import { alternativeTo } from './domain/alternative.js';
import { judge } from './domain/judge.js';
import { selectiveScope } from './domain/selective-scope.js';
import { findNames } from './names/find-names.js';

const page = readFileSync(
  fileURLToPath(new URL('../../../docs/policies.md', import.meta.url)),
  'utf8',
);
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
const Example = z.strictObject({
  by: Principal.omit({ issuer: true, subject: true }),
  for: Principal.omit({ issuer: true, subject: true }).optional(),
  ask: AccessRequestInput,
  /** What is in the cluster. */
  found: z.custom<ClusterOfNames>().optional(),
  answer: z.record(z.string(), z.unknown()),
});
/** Whom the page speaks of. */
const issuer = 'https://id.corp.test';
const people = [
  {
    kind: 'Issuer',
    name: 'corp',
    spec: { issuer, audiences: ['drawbridge'], claims: { kind: 'agent' } },
  },
  ...Object.entries({ alice: 'sre-oncall', bob: 'sre-oncall', carol: 'sre-leads' }).map(
    ([name, group]) => {
      const spec = { issuer, subject: name, email: `${name}@corp.test`, groups: [group] };
      return { kind: 'Human', name, spec };
    },
  ),
]
  .map(({ kind, name, spec }) =>
    stringify({ apiVersion: 'drawbridge.dev/v1alpha1', kind, metadata: { name }, spec }),
  )
  .join('---\n');
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-documented-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('docs/policies.md', () => {
  const policies = (async () => {
    writeFileSync(join(directory, 'documented.yaml'), blocks('yaml').join('---\n'));
    writeFileSync(join(directory, 'people.yaml'), people);
    const configuration = await loadConfiguration(directory);
    expect(configuration.warnings).toStrictEqual([]);
    // The model of the page runs nowhere, and nobody wants to read of its silence in every answer.
    const risks = configuration.risks.filter(({ spec }) => spec.model === undefined);
    return compilePolicies({ ...configuration, risks });
  })();

  it('holds a configuration that loads', async () => {
    expect((await policies).policies.map(({ name }) => name)).toStrictEqual([
      'assistants',
      'long-roll-outs',
      'people',
      'production-afresh',
      'production-night',
      'production-oncall',
      'production-release',
      'production-scale',
      'staging-debug',
      'staging-logs',
      'staging-restarts',
    ]);
  });

  const examples = blocks('json').map((text) => Example.parse(JSON.parse(text)));

  it('has examples', () => expect(examples.length).toBeGreaterThan(3));

  it.each(examples)(
    'says truly what is answered to "$ask.reason"',
    async ({ by, ask, found = {}, answer, ...more }) => {
      const requester = { ...by, issuer, subject: 'agent-oncall' };
      const set = await policies;
      const scope = selectiveScope({ request: ask, requester }, set);
      const lookUp = (lookup: NamesLookup) => Promise.resolve(namesIn(found, lookup));
      const names = scope && (await findNames(scope, { ask: lookUp }));
      const human = more.for && { ...more.for, issuer, subject: more.for.email ?? '' };
      const behalf = human && { human, proof: 'token' as const };
      const plea = { request: ask, requester, names, behalf };
      const judged = { plea, set, circumstances: calm() };
      const verdict = judge(plea, judged.set, judged.circumstances);
      const alternative = alternativeTo(verdict, judged);
      expect({ ...verdict, alternative }).toMatchObject(answer);
    },
  );
});
