import { catalogue, toolNames } from '../native/catalogue.mjs';
import { platformKey, platformOf } from '../native/platform.mjs';
import { resolveTool, ToolUnavailable } from '../native/resolve-tool.mjs';
import { runCommand } from '../native/run-command.mjs';

/** The demo starts these itself; the others make the cluster of the end-to-end tests. */
const neededByDemo = new Set(['nats-server', 'kubectl']);

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
    const use = required ? '' : 'for the end-to-end tests; ';
    const status = ways.length > 0 ? 'obtainable' : 'missing';
    const hint = ways.length > 0 ? ways.join(', else ') : advice(error);
    return { name, required, status, found: '', hint: use + hint };
  }
}

/** @param {ToolUnavailable} error */
const advice = ({ tool, attempts }) =>
  `install it (${catalogue[tool].minimum} or newer) or install Go; ` +
  attempts.map(({ route, reason }) => `${route}: ${reason}`).join('; ');

/** @param {import('../native/catalogue.mjs').ToolName} name */
async function waysToGet(name) {
  const { release } = catalogue[name];
  const ways = [];
  if (release?.sha256[platformKey(platformOf())] !== undefined) {
    ways.push(`downloaded (${release.version}) when needed`);
  }
  if ((await runCommand('go', ['version'])).ok) ways.push('built with Go when needed');
  const engine = await runCommand('docker', ['version'], { timeoutMs: 5_000 });
  if (engine.ok) ways.push('copied out of a container image when needed');
  return ways;
}
