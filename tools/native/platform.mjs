/**
 * @typedef {object} Platform
 * @property {'linux' | 'darwin'} os as Go and the vendors of our tools spell it
 * @property {'amd64' | 'arm64'} arch
 */

/**
 * @param {string} os as in `process.platform`
 * @param {string} arch as in `process.arch`
 * @returns {Platform}
 * @throws {TypeError} on a platform none of the tools is known to run on.
 */
export function platformOf(os = process.platform, arch = process.arch) {
  if (os !== 'linux' && os !== 'darwin') throw unsupported(os, arch);
  if (arch !== 'x64' && arch !== 'arm64') throw unsupported(os, arch);
  return { os, arch: arch === 'x64' ? 'amd64' : arch };
}

/** @param {Platform} platform */
export const platformKey = ({ os, arch }) => `${os}-${arch}`;

/**
 * @param {string} os
 * @param {string} arch
 */
const unsupported = (os, arch) =>
  new TypeError(`${os}/${arch} is not supported: expected linux or darwin on x64 or arm64`);
