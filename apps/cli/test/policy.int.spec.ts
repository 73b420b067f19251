import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../src/program.js';

const shipped = resolve(import.meta.dirname, '../../../infra/guardrails');
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-policy-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs one command line, and gives its output in one text. */
async function run(...args: string[]): Promise<{ code: number; text: string }> {
  const said: string[] = [];
  const code = await runProgram(
    {
      env: { HOME: directory },
      out: (text) => said.push(text),
      note: (text) => said.push(text),
      clock: () => new Date('2026-01-07T10:00:00Z'),
      program: '/drawbridge',
      interrupted: new AbortController().signal,
    },
    ['policy', ...args],
  );
  return { code, text: said.join('') };
}

const guardrail = (more = '') =>
  `apiVersion: drawbridge.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec:\n  rules:\n    - name: r\n      match: {verbs: [delete]}\n      action: hold\n      reason: because\n${more}`;
const test = (expected: string) =>
  `apiVersion: drawbridge.dev/v1alpha1\nkind: GuardrailTest\nmetadata: {name: t}\nspec:\n  cases:\n    - name: one\n      call: {verb: delete, resource: pods}\n      expect: ${expected}\n`;

describe('drawbridge policy test', () => {
  it('passes what is shipped', async () => {
    const { code, text } = await run('test', shipped, '--all-rules');
    expect(text).toMatch(/^\d+ cases, all as expected\n$/);
    expect(code).toBe(0);
  });

  it('says where a case fails, and which rules have none', async () => {
    await writeFile(join(directory, 'g.yaml'), guardrail());
    await writeFile(join(directory, 'g.test.yaml'), test('{action: deny}'));
    const { code, text } = await run('test', directory);
    expect(code).toBe(1);
    expect(text).toBe(
      `${directory}/g.test.yaml:6:7 one: expected deny, got hold (g/r)\n` +
        'rules without a call that they catch: g/r\nrules without a near miss: g/r\n1 of 1 cases failed\n',
    );
  });

  it('fails for missing cases only when it is asked to', async () => {
    await writeFile(join(directory, 'g.test.yaml'), test('{action: hold, rule: g/r}'));
    expect((await run('test', directory)).code).toBe(0);
    expect((await run('test', directory, '--all-rules')).code).toBe(1);
    const { text } = await run('test', directory, '-o', 'json');
    expect(JSON.parse(text)).toMatchObject({
      cases: 1,
      failures: [],
      untested: { missed: ['g/r'] },
    });
  });

  it('names file, line and field of a mistake', async () => {
    await writeFile(join(directory, 'g.test.yaml'), test('{action: forbid}'));
    const badTest = await run('test', directory);
    expect(badTest).toMatchObject({ code: 2 });
    expect(badTest.text).toContain('g.test.yaml:8:24 spec.cases[0].expect.action: expected');
    await writeFile(join(directory, 'g.yaml'), guardrail('      when: request.nmae == ""\n'));
    const badRule = await run('test', directory);
    expect(badRule.text).toMatch(
      /g\.yaml:10:13 spec\.rules\[0\]\.when: No such key: nmae .*policy_invalid/s,
    );
    await writeFile(join(directory, 'g.yaml'), guardrail());
  });

  it('does not take an unknown rule for one that is not met', async () => {
    await writeFile(join(directory, 'g.test.yaml'), test('{action: hold, not: [g/typo]}'));
    expect((await run('test', directory)).text).toContain('there is no rule g/typo');
  });
});

describe('drawbridge policy explain', () => {
  const explain = (...words: string[]) => run('explain', '--config', shipped, ...words);

  it('says which rule decides, and why', async () => {
    const { code, text } = await explain('delete', 'namespace', 'payments');
    expect(code).toBe(4);
    expect(text).toMatch(/^hold by deletion\/namespace\n {2}reason +Deleting a namespace/);
  });

  it('says that nothing is about a call', async () => {
    const { code, text } = await explain('-n', 'payments', 'get', 'pods');
    expect(code).toBe(0);
    expect(text).toMatch(/^allow\n.*no rule is about such calls/);
  });

  it('looks into words that run, and into objects', async () => {
    const words = ['-n', 'payments', 'exec', 'web-0', '--', 'sh', '-c', 'rm -rf /data'];
    expect((await explain(...words)).text).toContain('deny by sessions/destructive-command');
    const file = join(directory, 'pod.json');
    await writeFile(file, '{"spec": {"hostPID": true, "containers": [{"name": "a"}]}}');
    const pod = ['-n', 'payments', 'create', 'pod', '--object', file];
    expect((await explain(...pod)).text).toContain('deny by workloads/host-access');
  });

  it('says what is in doubt because it was not given', async () => {
    const { text } = await explain('-n', 'payments', 'scale', 'deploy/checkout');
    expect(text).toContain('facts_missing: object is not known');
    expect(text).toContain('object, oldObject: counts against it');
  });

  it('refuses what it cannot read', async () => {
    expect(await explain('frobnicate', 'pods')).toMatchObject({ code: 2 });
    expect(await explain('get', 'pods', '--label', 'x')).toMatchObject({ code: 2 });
    expect(await explain('create', 'pod', '--object', '/nowhere')).toMatchObject({ code: 1 });
    expect(await run('explain', '--config', '/nowhere', 'get', 'pods')).toMatchObject({ code: 2 });
  });
});
