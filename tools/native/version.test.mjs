import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, minorOf, parseVersion } from './version.mjs';

/** What real programs and Debian print. */
const printed = /** @type {const} */ ([
  ['nats-server: v2.15.2\n', '2.15.2'],
  ['nats-server: v2.11.0-RC.1\n', '2.11.0-RC.1'],
  ['etcd Version: 3.6.16\nGit SHA: abc\nGo Version: go1.26.8\n', '3.6.16'],
  ['Kubernetes v1.36.3\n', '1.36.3'],
  ['kwok version v0.8.0 go1.26.8 (linux/amd64)\n', '0.8.0'],
  ['{"clientVersion":{"minor":"32+","gitVersion":"v1.32.4-dispatcher"}}', '1.32.4-dispatcher'],
  ['2.9.10-1+b3', '2.9.10-1+b3'],
  ['1.20.5+really1.20.2-1.1+deb12u1', '1.20.2'],
  ['Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)\n', '156.0.8078'],
  ['Google Chrome for Testing 149.0.7827.55 \n', '149.0.7827'],
  ['156.0.8078.79-1~deb12u1', '156.0.8078'],
  ['no version here', undefined],
  ['listening on 127.0.0.1:80', undefined],
]);

for (const [text, version] of printed) {
  test(`the version in ${JSON.stringify(text)} is ${version}`, () => {
    assert.equal(parseVersion(text), version);
  });
}

const compared = /** @type {const} */ ([
  ['2.9.10', '2.11.0', -1],
  ['2.11.0', '2.11.0', 0],
  ['2.11.0-RC.1', '2.11.0', 0],
  ['10.0.0', '9.9.9', 1],
  ['1.26', '1.26.0', 0],
]);

for (const [left, right, sign] of compared) {
  test(`${left} against ${right} is ${sign}`, () => {
    assert.equal(Math.sign(compareVersions(left, right)), sign);
  });
}

test('what is not a version cannot be compared', () => {
  assert.throws(() => compareVersions('master', '1.0.0'), new TypeError('not a version: "master"'));
});

test('the minor release of 1.36.3 is 1.36', () => {
  assert.equal(minorOf('1.36.3'), '1.36');
});
