import { say } from '../launcher/workspace.mjs';
import { catalogue } from '../native/catalogue.mjs';
import { resolveTool, ToolUnavailable } from '../native/resolve-tool.mjs';

/**
 * @typedef {object} NativeTools
 * @property {NodeJS.ProcessEnv} environment names each program in its variable
 * @property {Map<import('../native/catalogue.mjs').ToolName, ToolUnavailable>} missing
 */

/**
 * Finds or gets native programs and names each in its environment variable, so that a test never
 * waits for a build. A program that cannot be had is left out: the test that needs it says so, or
 * uses a container instead.
 *
 * @param {readonly import('../native/catalogue.mjs').ToolName[]} tools
 * @returns {Promise<NativeTools>}
 */
export async function nativeTools(tools) {
  /** @type {NativeTools} */
  const result = { environment: {}, missing: new Map() };
  for (const name of tools) {
    try {
      // Tests should fail for the same reasons everywhere, so the pinned version comes first.
      const search = { context: { log: say }, preferPinned: true };
      result.environment[catalogue[name].variable] = (await resolveTool(name, search)).path;
    } catch (error) {
      if (!(error instanceof ToolUnavailable)) throw error;
      say(`${name}: not available`);
      result.missing.set(name, error);
    }
  }
  return result;
}
