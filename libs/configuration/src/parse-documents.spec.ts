import { describe, expect, it } from 'vitest';
import { formatProblem } from './configuration.js';
import { parseDocuments } from './parse-documents.js';

const problemsOf = (text: string) =>
  parseDocuments('f', text).problems.map((problem) => formatProblem(problem));
const canary = 'hunter2canary';

describe('parsing YAML documents', () => {
  it('keeps where each document, field and key stands', () => {
    const text = '# comment\na: 1\nb:\n  - x: 2\n---\n---\nc: 3\n';
    const [first, second, ...rest] = parseDocuments('f', text).documents;
    expect(rest).toStrictEqual([]);
    expect(first?.value).toStrictEqual({ a: 1, b: [{ x: 2 }] });
    expect(first?.source).toStrictEqual({ file: 'f', line: 2, column: 1 });
    expect(first?.positionOf(['b', 0, 'x'])).toStrictEqual({ file: 'f', line: 4, column: 8 });
    expect(first?.positionOf(['b', 0, 'missing'])).toStrictEqual({ file: 'f', line: 4, column: 5 });
    expect(first?.positionOfKey(['b'])).toStrictEqual({ file: 'f', line: 3, column: 1 });
    expect(second?.positionOf([])).toStrictEqual({ file: 'f', line: 7, column: 1 });
  });

  it.each(['', '# nothing\n', '---\n', '---\n---\nnull\n'])(
    'leaves out empty documents: %j',
    (text) => {
      expect(parseDocuments('f', text)).toStrictEqual({ documents: [], problems: [] });
    },
  );

  it('reads an anchor where its alias stands', () => {
    const [document] = parseDocuments('f', 'a: &x [1]\nb: *x\n').documents;
    expect(document?.value).toStrictEqual({ a: [1], b: [1] });
  });

  it('reads "yes" as text and does not merge', () => {
    const [document] = parseDocuments('f', 'a: yes\nb: {<<: {c: 1}}\n').documents;
    expect(document?.value).toStrictEqual({ a: 'yes', b: { '<<': { c: 1 } } });
  });

  it('cannot be made to reach the prototype of objects', () => {
    const [document] = parseDocuments('f', '__proto__: {polluted: true}\n').documents;
    expect(Object.keys(document?.value ?? {})).toStrictEqual(['__proto__']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it.each([
    [`a: 1\na: ${canary}\n`, 'f:2:1 the same key stands here twice'],
    [`a: {b: 1, b: ${canary}}\n`, 'f:1:11 the same key stands here twice'],
    [`a: !secret ${canary}\n`, 'f:1:4 expected no tag'],
    [`a: !!binary ${canary}\n`, 'f:1:4 expected no tag'],
    [`a: *${canary}\n`, 'f:1:4 alias of no anchor before it'],
    [`a: "${canary}\n`, 'f:2:1 a quote, bracket or colon is missing'],
    [`{a: 1} ${canary}\n`, 'f:1:8 not YAML here'],
    [`%YAML 1.1\n---\na: yes\n`, 'f:2:1 expected YAML 1.2 (in 1.1 "yes" and "on" are booleans)'],
    [`? [${canary}]\n: 1\n`, 'f:1:3 expected a key that is text'],
  ])('refuses %j', (text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toContain(problem);
    expect(problems.join()).not.toContain(canary);
  });

  it('keeps the good documents of a file with a bad one', () => {
    const { documents, problems } = parseDocuments('f', 'a: 1\n---\nb: 1\nb: 2\n---\nc: 3\n');
    expect(documents.map(({ value }) => value)).toStrictEqual([{ a: 1 }, { c: 3 }]);
    expect(problems).toHaveLength(1);
  });
});

describe('documents made to exhaust the parser', () => {
  const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 5; level += 1) {
    const alias = `*a${level - 1}`;
    laughs.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => alias).join()}]`);
  }

  it.each([
    ['a billion laughs', `${laughs.join('\n')}\n`, 'f:1:1 uses more than 50 aliases'],
    ['aliases', `a: &a x\nb: [${'*a, '.repeat(60)}]\n`, 'f:2:205 uses more than 50 aliases'],
    ['brackets', '['.repeat(500_000), 'f:1:1 nests more than 50 levels deep'],
    ['maps', '{a: '.repeat(200_000), 'f:1:1 nests more than 50 levels deep'],
    ['dashes', '- '.repeat(400_000), 'f:1:1 nests more than 50 levels deep'],
    ['question marks', '? '.repeat(400_000), 'f:1:1 nests more than 50 levels deep'],
  ])('are refused: %s', (_name, text, problem) => {
    const start = performance.now();
    expect(problemsOf(text)).toContain(problem);
    // Otherwise it would be minutes, or years.
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('are refused with few words', () => {
    expect(problemsOf('&a '.repeat(2_000)).length).toBeLessThan(25);
  });

  it('are harmless when they are only many keys', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1\n`).join('');
    expect(problemsOf(text)).toStrictEqual([]);
  });
});
