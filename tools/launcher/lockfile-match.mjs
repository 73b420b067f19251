/**
 * @typedef {{ version?: string, optional?: boolean, dev?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lockfile
 */

/**
 * Whether `node_modules` holds what `package-lock.json` asks for, judged by npm's own record of what
 * it installed. Spares a developer who ran `npm install` a second, full installation.
 *
 * @param {Lockfile} wanted `package-lock.json`
 * @param {Lockfile} installed `node_modules/.package-lock.json`
 * @returns {boolean}
 */
export function lockfileMatches(wanted, installed) {
  const present = installed.packages ?? {};
  return Object.entries(wanted.packages ?? {})
    .filter(([path, { optional }]) => path.includes('node_modules/') && optional !== true)
    .every(([path, { version }]) => path in present && present[path]?.version === version);
}
