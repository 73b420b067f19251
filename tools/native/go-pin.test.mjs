import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchTools } from './bench-tools.mjs';
import { catalogue, toolNames } from './catalogue.mjs';
import { moduleDirectory, pinHash, pinnedVersion } from './go-pin.mjs';
import { refuseVersion } from './probe.mjs';
import { parseVersion } from './version.mjs';

const system = new Set(['chromium', ...Object.keys(benchTools)]);
const builtNames = /** @type {Exclude<
  import('./catalogue.mjs').ToolName,
  import('./catalogue.mjs').SystemToolName
>[]} */ (toolNames.filter((name) => !system.has(name)));

for (const name of builtNames) {
  const tool = catalogue[name];

  test(`the pinned ${name} is good enough for ourselves`, () => {
    assert.equal(refuseVersion(tool, pinnedVersion(tool.goModule)), undefined);
    if (tool.release !== undefined)
      assert.equal(refuseVersion(tool, tool.release.version), undefined);
  });

  test(`go.mod of ${name} declares what is built as a tool`, () => {
    const text = readFileSync(join(moduleDirectory(tool.goModule), 'go.mod'), 'utf8');
    assert.match(text, new RegExp(`(^|\\t)(tool )?${tool.goModule.package}$`, 'm'));
  });

  test(`checksums of ${name} look like checksums`, () => {
    for (const [platform, sha256] of Object.entries(tool.release?.sha256 ?? {})) {
      assert.match(platform, /^(linux|darwin)-(amd64|arm64)$/);
      assert.match(sha256, /^[0-9a-f]{64}$/);
    }
  });
}

test('all staging modules are of the pinned Kubernetes release', () => {
  const { goModule } = catalogue['kube-apiserver'];
  const text = readFileSync(join(moduleDirectory(goModule), 'go.mod'), 'utf8');
  const staged = [...text.matchAll(/^\t(k8s\.io\/\S+) => \1 v0\.(\S+)$/gm)].map(
    (match) => match[2],
  );
  assert.ok(staged.length > 20, 'the replace lines were found');
  assert.deepEqual(new Set(staged), new Set([pinnedVersion(goModule).replace(/^1\./, '')]));
});

test('kubectl and the apiserver are built with the version they will tell', () => {
  const { goModule } = catalogue.kubectl;
  assert.deepEqual(goModule.variables('1.36.3').slice(0, 3), [
    'k8s.io/component-base/version.gitVersion=v1.36.3',
    'k8s.io/component-base/version.gitMajor=1',
    'k8s.io/component-base/version.gitMinor=36',
  ]);
});

test('programs of one module have different cache keys', () => {
  const keys = builtNames.map((name) => pinHash(catalogue[name].goModule));
  assert.equal(new Set(keys).size, keys.length);
});

test('a release download and a build of one tool agree on the minor release', () => {
  for (const name of builtNames) {
    const { release, goModule } = catalogue[name];
    if (release === undefined) continue;
    const minor = (/** @type {string} */ text) => parseVersion(text)?.split('.').slice(0, 2);
    assert.deepEqual(minor(release.version), minor(pinnedVersion(goModule)), name);
  }
});
