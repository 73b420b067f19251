import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchTools } from '../bench-tools.mjs';
import { fakePrograms, scratchDirectory } from '../../testing/fake-programs.mjs';
import { unpackWithLibraries } from './debian-libraries.mjs';

/** An apt that would install `packages`, and packages that hold one file each, named after them. */
const fakeApt = (/** @type {readonly string[]} */ packages) => ({
  'apt-get': `
case "$1" in
  install) ${packages.map((each) => `echo "Inst ${each} (1.0 Debian)"`).join('; ')} ;;
  download) for last; do :; done; : > "$last.deb" ;;
esac`,
  'dpkg-deb': `
name=$(/usr/bin/basename "$2" .deb)
case "$name" in
  lib*) /bin/mkdir -p "$3/usr/lib/x86-linux-gnu"; : > "$3/usr/lib/x86-linux-gnu/$name.so" ;;
  *)
    /bin/mkdir -p "$3/usr/bin"
    printf '#!/bin/sh\\necho "$LD_LIBRARY_PATH" "$@"\\n' > "$3/usr/bin/$name"
    /bin/chmod 755 "$3/usr/bin/$name"
    ;;
esac`,
});

test('a program comes with the packages it needs, and is started with their libraries', async (t) => {
  const scratch = scratchDirectory(t);
  const PATH = fakePrograms(join(scratch, 'bin'), fakeApt(['libfoo', 'wrk']));
  const entry = join(scratch, 'entry with space');
  mkdirSync(entry);
  await unpackWithLibraries(benchTools.wrk, entry, { PATH });
  const said = execFileSync('/bin/sh', [join(entry, 'wrk'), 'one two'], { encoding: 'utf8' });
  assert.match(said, /entry with space\/root\/usr\/lib\/x86-linux-gnu one two\n$/);
});

test('a package whose needs are all met is unpacked alone', async (t) => {
  const scratch = scratchDirectory(t);
  const PATH = fakePrograms(join(scratch, 'bin'), fakeApt([]));
  await unpackWithLibraries(benchTools.wrk, scratch, { PATH });
  assert.equal(execFileSync('/bin/sh', [join(scratch, 'wrk')], { encoding: 'utf8' }), '\n');
});

test('a package without the program is refused', async (t) => {
  const scratch = scratchDirectory(t);
  const PATH = fakePrograms(join(scratch, 'bin'), fakeApt([]));
  await assert.rejects(
    unpackWithLibraries({ ...benchTools.wrk, debianPackage: 'libwrong' }, scratch, { PATH }),
    new Error('the package has no program wrk'),
  );
});
