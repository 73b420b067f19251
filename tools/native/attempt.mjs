/**
 * What came of trying one route.
 *
 * @typedef {{ ok: true, path: string, version: string, detail: string }} Found
 * @typedef {{ ok: false, reason: string, final?: boolean }} NotFound `final`: do not try another route
 * @typedef {Found | NotFound} Attempt
 */

/**
 * What a route may look at. Tests pass their own; see `defaultContext` in `resolve-tool.mjs`.
 *
 * @typedef {object} Context
 * @property {NodeJS.ProcessEnv} env
 * @property {import('./platform.mjs').Platform} platform
 * @property {string} cacheRoot
 * @property {boolean} isRoot
 * @property {(line: string) => void} log tells a person what is going on
 */

/**
 * @typedef {object} Route
 * @property {string} name
 * @property {'look' | 'fetch'} kind `look` only finds what is already on the machine
 * @property {(tool: import('./catalogue.mjs').Tool, context: Context) => Promise<Attempt>} attempt
 */

/**
 * @param {string} reason
 * @returns {NotFound}
 */
export const notFound = (reason) => ({ ok: false, reason });
