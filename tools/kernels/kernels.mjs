import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {{ name: string, source: string, target: string, shares: string }} Kernel paths are from the root */

/**
 * Loops that run over every byte of an answer, written in AssemblyScript because JavaScript has no SIMD. What they
 * are compiled to stands beside the code as base64, so that nothing has to be compiled to run or to publish it.
 *
 * @type {readonly Kernel[]}
 */
export const kernels = [
  {
    name: 'skimProgram',
    source: 'libs/json-stream/kernel/skim.as',
    target: 'libs/json-stream/src/skim-program.ts',
    shares: '--exportTable',
  },
  {
    name: 'sieveProgram',
    source: 'libs/masking/kernel/sieve.as',
    target: 'libs/masking/src/sieve-program.ts',
    shares: '--importMemory',
  },
];

const root = fileURLToPath(new URL('../..', import.meta.url));
/** By a name that `tsc` does not follow: its types bring a `console` of their own. */
const compiler = 'assemblyscript/asc';
const options = '-O3 --runtime stub --noAssert --enable simd --use abort=';
/** One memory for all of them. */
const memory = '--initialMemory 64 --maximumMemory 64';

/**
 * The text of the module that holds what a kernel is compiled to: the same one every time.
 *
 * @param {Kernel} kernel
 */
export async function compiledModule({ name, source, shares }) {
  const text = readFileSync(`${root}/${source}`, 'utf8');
  /** @type {Uint8Array} */
  let program = new Uint8Array();
  const all = `${options} ${memory} ${shares} --outFile kernel.wasm`;
  const { main } = await import(compiler);
  const { error, stderr } = await main(['kernel.ts', ...all.split(' ')], {
    readFile: (/** @type {string} */ file) => (file === 'kernel.ts' ? text : null),
    writeFile: (/** @type {string} */ _file, /** @type {Uint8Array} */ content) => {
      program = content;
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`${source} is not compiled: ${stderr.toString()}`);
  const base64 = Buffer.from(program).toString('base64');
  const lines = (base64.match(/.{1,96}/g) ?? []).map((line) => `  '${line}',`);
  return `/** What ${source} is compiled to by tools/kernels/build.mjs; base64. */
export const ${name}: string = [
${lines.join('\n')}
].join('');
`;
}

/** @param {Kernel} kernel */
export const pathOf = ({ target }) => `${root}/${target}`;
