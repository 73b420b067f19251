/**
 * The first `major.minor.patch` in what a program printed, without a leading `v`, suffix kept
 * (`1.32.4-dispatcher`). Debian's `really` marks the true version after a rolled-back upload, so
 * `1.20.5+really1.20.2-1.1` is 1.20.2. Browsers have a fourth number, which nobody asks for; the third
 * is what tells them from an address.
 *
 * @param {string} text
 * @returns {string | undefined} `undefined` when no version is in the text.
 */
export function parseVersion(text) {
  const really = /\+really(\d+\.\d+\.\d+)/.exec(text);
  if (really !== null) return really[1];
  const browser = /(?<![\d.])(\d+\.\d+\.\d{4,})\.\d+(?![.\d])/.exec(text);
  if (browser !== null) return browser[1];
  return /(?<![\d.])v?(\d+\.\d+\.\d+(?![.\d])(?:[-+][0-9A-Za-z.+-]+)?)/.exec(text)?.[1];
}

/**
 * Compares the three numbers only: a suffix says who built it (`-dispatcher`, `+b3`) more often than
 * that it is a preview, so `2.11.0-RC.1` counts as 2.11.0.
 *
 * @param {string} left
 * @param {string} right
 * @returns {number} negative when `left` is older, 0 when equal, positive when newer.
 */
export function compareVersions(left, right) {
  const a = numbers(left);
  const b = numbers(right);
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/**
 * @param {string} version
 * @returns {string} `1.36` of `1.36.3`.
 */
export function minorOf(version) {
  const [major, minor] = numbers(version);
  return `${major}.${minor}`;
}

/**
 * @param {string} version
 * @returns {[number, number, number]}
 */
function numbers(version) {
  const parts = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (parts === null) throw new TypeError(`not a version: "${version}"`);
  return [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
}
