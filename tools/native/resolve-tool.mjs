import { cacheRoot } from './cache.mjs';
import { catalogue } from './catalogue.mjs';
import { platformOf } from './platform.mjs';
import { cacheRoute } from './routes/cache.mjs';
import { debianInstallRoute } from './routes/debian-install.mjs';
import { debianRoute } from './routes/debian.mjs';
import { dockerRoute } from './routes/docker.mjs';
import { goRoute } from './routes/go.mjs';
import { kubebuilderRoute, pathRoute } from './routes/path.mjs';
import { playwrightRoute } from './routes/playwright.mjs';
import { releaseRoute } from './routes/release.mjs';
import { variableRoute } from './routes/variable.mjs';

/**
 * The routes in the order in which they are tried: what a person chose, what is there, what is quick
 * and vouched for by a checksum, what takes a build, what brings whatever version the system has.
 *
 * @type {readonly import('./attempt.mjs').Route[]}
 */
export const routes = [
  variableRoute,
  kubebuilderRoute,
  pathRoute,
  cacheRoute,
  releaseRoute,
  goRoute,
  debianRoute,
  debianInstallRoute,
  dockerRoute,
  playwrightRoute,
];

/** What a pinned version comes from. */
const pinnedRoutes = [variableRoute, cacheRoute, releaseRoute, goRoute];

/**
 * @typedef {object} Search
 * @property {Partial<import('./attempt.mjs').Context>} [context]
 * @property {boolean} [lookOnly] only find what is on this machine; fetch and build nothing
 * @property {boolean} [preferPinned] try the routes to our pinned version before the machine's own program
 * @property {import('./catalogue.mjs').Tool} [tool] another definition than the catalogue's
 */

/**
 * @typedef {object} Resolution
 * @property {import('./catalogue.mjs').ToolName} tool
 * @property {string} path absolute path of the program
 * @property {string} version as the program tells it, without the `v`
 * @property {string} route name of the route that found it
 * @property {string} detail where from, for a person
 */

/** No route led to a program that works and is new enough. */
export class ToolUnavailable extends Error {
  /**
   * @param {import('./catalogue.mjs').ToolName} tool
   * @param {{ route: string, reason: string }[]} attempts in the order in which they were made
   */
  constructor(tool, attempts) {
    const reasons = attempts.map(({ route, reason }) => `  ${route}: ${reason}`);
    super([`no way to get ${tool} worked:`, ...reasons].join('\n'));
    this.name = 'ToolUnavailable';
    this.tool = tool;
    this.attempts = attempts;
  }
}

/**
 * @param {Partial<import('./attempt.mjs').Context>} overrides
 * @returns {import('./attempt.mjs').Context}
 */
export function defaultContext(overrides = {}) {
  const env = overrides.env ?? process.env;
  return {
    env,
    platform: platformOf(),
    cacheRoot: cacheRoot(env),
    isRoot: process.getuid?.() === 0,
    log: () => {},
    ...overrides,
  };
}

/**
 * Finds a tool, or gets it by the first route that works.
 *
 * @param {import('./catalogue.mjs').ToolName} name
 * @param {Search} [search]
 * @returns {Promise<Resolution>}
 * @throws {ToolUnavailable} with the reason of every route.
 */
export async function resolveTool(name, search = {}) {
  const context = defaultContext(search.context);
  const tool = search.tool ?? catalogue[name];
  const attempts = [];
  for (const route of routesFor(tool, search)) {
    const attempt = await route.attempt(tool, context);
    if (attempt.ok) {
      const { path, version, detail } = attempt;
      context.log(`${name}: ${route.name}: ${version} at ${path}`);
      return { tool: name, path, version, route: route.name, detail };
    }
    context.log(`${name}: ${route.name}: ${attempt.reason}`);
    attempts.push({ route: route.name, reason: attempt.reason });
    if (attempt.final === true) break;
  }
  throw new ToolUnavailable(name, attempts);
}

/**
 * @param {import('./catalogue.mjs').Tool} tool
 * @param {Search} search
 */
function routesFor(tool, { lookOnly = false, preferPinned = false }) {
  const ordered = preferPinned ? [...new Set([...pinnedRoutes, ...routes])] : routes;
  return ordered.filter((route) => (!lookOnly || route.kind === 'look') && suits(route, tool));
}

/**
 * Whether a route is one for such a tool at all: no reason is given for those that only others have.
 *
 * @param {import('./attempt.mjs').Route} route
 * @param {import('./catalogue.mjs').Tool} tool
 */
function suits(route, { kubebuilder, installDebian = false, playwright, goModule, docker }) {
  if (route === kubebuilderRoute) return kubebuilder;
  if (route === debianInstallRoute) return installDebian;
  if (route === debianRoute) return !installDebian;
  if (route === playwrightRoute) return playwright !== undefined;
  if (route === goRoute || route === releaseRoute) return goModule !== undefined;
  return route !== dockerRoute || docker !== undefined;
}
