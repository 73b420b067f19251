import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const SOURCES = ['libs', 'services', 'apps'].map((part) => `${part}/*/src/**/*.ts`);

/** The type-checked sources of the product: no specs, no test code. */
export interface ProductSources {
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly program: ts.Program;
  /** A file as people write it: relative to the root. */
  readonly nameOf: (file: string) => string;
}

/** Reads every source file of libs, services and apps below `root`. */
export function productSources(root: string): ProductSources {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !file.endsWith('.spec.ts') && !file.includes('node_modules'))
    .map((file) => join(root, file))
    .toSorted();
  return {
    files,
    program: ts.createProgram(files, compilerOptions(root)),
    nameOf: (file) => relative(root, file),
  };
}

/** Calls `visit` for every node of every source, and tells in which file it stands. */
export function visitSources(
  { files, program, nameOf }: ProductSources,
  visit: (node: ts.Node, file: string) => void,
): void {
  for (const path of files) {
    const source = program.getSourceFile(path);
    if (source === undefined) throw new Error(`${path} is not part of the program`);
    const descend = (node: ts.Node): void => {
      visit(node, nameOf(path));
      ts.forEachChild(node, descend);
    };
    descend(source);
  }
}

function compilerOptions(root: string): ts.CompilerOptions {
  const read = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path));
  const parsed = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  return { ...parsed.options, noEmit: true, composite: false };
}
