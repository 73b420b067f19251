import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const generated = new Set(['node_modules', 'dist', 'out-tsc', '.nx', '.drawbridge', '.cache']);
const documents = globSync('**/*.md', { cwd: root, exclude: (name) => generated.has(name) });

/** A document without its code, where brackets mean something else. */
const proseOf = (file: string): string =>
  readFileSync(join(root, file), 'utf8').replaceAll(/^```.*?^```$/gms, '');
const withoutSpans = (prose: string): string => prose.replaceAll(/`[^`\n]*`/g, '');

const inlineLink = /\]\(\s*<?([^)\s>]+)>?[^)]*\)/g;
const referenceLink = /^\[[^\]]+\]:\s+(\S+)/gm;

/** Where the links of a document lead, other than to the web. */
function linksOf(file: string): readonly string[] {
  const prose = withoutSpans(proseOf(file));
  return [inlineLink, referenceLink]
    .flatMap((pattern) => [...prose.matchAll(pattern)].map(([, target = '']) => target))
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** As GitHub makes anchors of headings. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (file: string): ReadonlySet<string> =>
  new Set([...proseOf(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = '']) => anchorOf(text)));

/** What is wrong with a link, if anything. */
function faultOf(file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : relative(root, resolve(root, dirname(file), decodeURI(path)));
  if (target.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, target))) return 'does not exist';
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(target).has(anchor) ? undefined : 'has no such heading';
}

/** Files of ours that a document names in code spans, from the root: `docs/policies.md`. */
function namedFilesOf(file: string): readonly string[] {
  const spans = [...proseOf(file).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  return spans.filter((text) =>
    /^(?:apps|bench|docs|e2e|infra|libs|services|tools)\/[\w./@-]+\.(?:md|ts|mjs|json|ya?ml|conf|xml)$/.test(
      text,
    ),
  );
}

describe('the documents', () => {
  it('are found, and have links and names of files to follow', () => {
    expect(documents).toContain('docs/architecture.md');
    expect(linksOf('docs/architecture.md').length).toBeGreaterThan(5);
    expect(documents.flatMap(namedFilesOf).length).toBeGreaterThan(5);
  });

  it.each(documents)('link to what exists: %s', (file) => {
    const faults = linksOf(file).flatMap((link) => {
      const fault = faultOf(file, link);
      return fault === undefined ? [] : [`${link} ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  it.each(documents)('name files that exist: %s', (file) => {
    const missing = namedFilesOf(file).filter(
      (name) => !existsSync(join(root, name)) && !existsSync(join(root, dirname(file), name)),
    );
    expect(missing).toEqual([]);
  });

  it('are all in the index', () => {
    const listed = linksOf('docs/README.md').map((link) => join('docs', link));
    const pages = documents.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
    expect(pages.length).toBeGreaterThan(30);
    expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
  });

  it('of a link that is wrong is said what is wrong', () => {
    expect(faultOf('docs/architecture.md', 'nowhere.md')).toBe('does not exist');
    expect(faultOf('docs/architecture.md', '../../elsewhere')).toBe('leads out of the repository');
    expect(faultOf('docs/architecture.md', '#no-such-part')).toBe('has no such heading');
    expect(faultOf('docs/architecture.md', '#the-data-path')).toBeUndefined();
  });
});
