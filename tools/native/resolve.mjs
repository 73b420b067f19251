#!/usr/bin/env node
import { isToolName, toolNames } from './catalogue.mjs';
import { resolveTool, ToolUnavailable } from './resolve-tool.mjs';

const usage = `usage: node tools/native/resolve.mjs <tool> [--json] [--look-only] [--quiet]

Prints where a tool is as JSON on stdout: tool, path, version, route, detail. Gets it first if need be.
  --json           accepted for clarity: the output is always JSON
  --look-only      only find what is on this machine; fetch and build nothing
  --prefer-pinned  the version pinned here before whatever is on PATH
  --quiet          say nothing about routes that did not work unless none does
Tools: ${toolNames.join(', ')}
Exit codes: 0 found, 1 no route worked (reasons on stderr), 2 wrong usage.`;

/**
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
async function main(args) {
  const known = ['--json', '--look-only', '--prefer-pinned', '--quiet'];
  const flags = args.filter((arg) => arg.startsWith('-'));
  const names = args.filter((arg) => !arg.startsWith('-'));
  const [name] = names;
  if (flags.some((flag) => !known.includes(flag)) || names.length !== 1 || name === undefined) {
    console.error(usage);
    return 2;
  }
  if (!isToolName(name)) {
    console.error(`unknown tool "${name}"; expected one of: ${toolNames.join(', ')}`);
    return 2;
  }
  const quiet = flags.includes('--quiet');
  const log = quiet ? () => {} : console.error;
  try {
    const lookOnly = flags.includes('--look-only');
    const preferPinned = flags.includes('--prefer-pinned');
    const resolution = await resolveTool(name, { context: { log }, lookOnly, preferPinned });
    console.log(JSON.stringify(resolution));
    return 0;
  } catch (error) {
    if (!(error instanceof ToolUnavailable)) throw error;
    // Without --quiet every reason was already told when its route was tried.
    console.error(quiet ? error.message : `no way to get ${name} worked`);
    return 1;
  }
}

// `exit` handlers kill a running build; the default action of these signals would skip them.
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])) {
  process.on(signal, () => process.exit(code));
}
process.exitCode = await main(process.argv.slice(2));
