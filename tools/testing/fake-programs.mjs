import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A scratch directory that is removed when the test is over.
 *
 * @param {import('node:test').TestContext} test
 */
export function scratchDirectory(test) {
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-tools-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * Writes shell scripts that stand for programs. They must name other programs by absolute path: the
 * directory is meant to be the whole PATH.
 *
 * @param {string} directory
 * @param {Readonly<Record<string, string>>} scripts body by name
 * @returns {string} the directory
 */
export function fakePrograms(directory, scripts) {
  mkdirSync(directory, { recursive: true });
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}

/**
 * A `go` that "builds" a program which prints `version`, and appends a line to `log` for each build.
 *
 * @param {{ version: string, log: string, seconds?: number }} build
 */
export const fakeGo = ({ version, log, seconds = 0 }) => `
if [ "$1" = env ]; then printf 'go1.26.0\\nauto\\n'; exit 0; fi
echo build >> '${log}'
/bin/sleep ${seconds}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho version ${version}\\n' > "$2"
/bin/chmod 755 "$2"`;
