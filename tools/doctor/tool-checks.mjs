import { benchTools } from '../native/bench-tools.mjs';
import { catalogue, toolNames } from '../native/catalogue.mjs';
import { platformKey, platformOf } from '../native/platform.mjs';
import { resolveTool, ToolUnavailable } from '../native/resolve-tool.mjs';
import { runCommand } from '../native/run-command.mjs';

/** The demo starts these itself; the others make the cluster of the end-to-end tests. */
const neededByDemo = new Set(['nats-server', 'kubectl']);
const neededByBench = new Set(['vegeta', ...Object.keys(benchTools)]);

/** @param {import('../native/catalogue.mjs').ToolName} name */
const useOf = (name) => {
  if (neededByDemo.has(name)) return '';
  if (neededByBench.has(name)) return 'for the benchmark; ';
  return name === 'chromium' ? 'for the browser tests; ' : 'for the end-to-end tests; ';
};

/** @returns {import('./check.mjs').CheckUp[]} */
export const toolChecks = () => toolNames.map((name) => () => checkTool(name));

/**
 * @param {import('../native/catalogue.mjs').ToolName} name
 * @returns {Promise<import('./check.mjs').Check>}
 */
async function checkTool(name) {
  const required = neededByDemo.has(name);
  try {
    const { version, path, route } = await resolveTool(name, { lookOnly: true });
    return { name, required, status: 'ok', found: `${version} at ${path} (${route})`, hint: '' };
  } catch (error) {
    if (!(error instanceof ToolUnavailable)) throw error;
    const ways = await waysToGet(name);
    const status = ways.length > 0 ? 'obtainable' : 'missing';
    const hint = ways.length > 0 ? ways.join(', else ') : advice(error);
    return { name, required, status, found: '', hint: useOf(name) + hint };
  }
}

/** @param {ToolUnavailable} error */
const advice = ({ tool, attempts }) =>
  `install it (${catalogue[tool].minimum} or newer)${catalogue[tool].goModule ? ' or install Go' : ''}; ` +
  attempts.map(({ route, reason }) => `${route}: ${reason}`).join('; ');

/** @param {import('../native/catalogue.mjs').ToolName} name */
async function waysToGet(name) {
  const { release, goModule, docker, playwright } = catalogue[name];
  const ways = [];
  if (release?.sha256[platformKey(platformOf())] !== undefined) {
    ways.push(`downloaded (${release.version}) when needed`);
  }
  if (goModule && (await runCommand('go', ['version'])).ok) ways.push('built with Go when needed');
  ways.push(...(await waysOfDebian(catalogue[name])));
  if (playwright) ways.push('downloaded by playwright-core when needed');
  if (!docker) return ways;
  const engine = await runCommand('docker', ['version'], { timeoutMs: 5_000 });
  if (engine.ok) ways.push('copied out of a container image when needed');
  return ways;
}

/** @param {import('../native/catalogue.mjs').Tool} tool */
async function waysOfDebian({ debianPackage, installDebian, debianDependencies }) {
  const isRoot = process.getuid?.() === 0;
  const how = installDebian && isRoot ? 'installed' : debianDependencies ? 'unpacked' : undefined;
  if (how === undefined || !(await runCommand('apt-get', ['--version'])).ok) return [];
  return [`${how} (Debian package ${debianPackage}) when needed`];
}
