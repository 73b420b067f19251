/**
 * Lets a child process run our TypeScript as it stands, decorators included: `node --import` this file, with
 * `--conditions=@drawbridge/source`. What was translated once is kept for the next process, under the hash of
 * its text, so that the compiler is not even loaded when nothing has changed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { version } = require('typescript/package.json');
const kept = fileURLToPath(
  new URL('../../node_modules/.cache/drawbridge-sources', import.meta.url),
);
mkdirSync(kept, { recursive: true });

/** @param {string} source */
function translate(source) {
  const ts = /** @type {typeof import('typescript')} */ (require('typescript'));
  return ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2024,
      experimentalDecorators: true,
      verbatimModuleSyntax: true,
    },
  }).outputText;
}

/** @param {string} source */
function translated(source) {
  const file = `${kept}/${createHash('sha256').update(version).update(source).digest('hex')}.mjs`;
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const text = translate(source);
  // Whole or not at all: other processes do the same at this moment.
  const part = `${file}.${randomUUID()}`;
  writeFileSync(part, text);
  renameSync(part, file);
  return text;
}

registerHooks({
  resolve(specifier, context, next) {
    const asSource = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
    if (asSource && specifier.endsWith('.js')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(source)) return next(source.href, context);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const source = translated(readFileSync(fileURLToPath(url), 'utf8'));
    return { format: 'module', source, shortCircuit: true };
  },
});
