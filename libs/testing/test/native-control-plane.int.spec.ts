import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startNativeControlPlane } from '../src/control-plane/native-control-plane.js';

let assets: string;
beforeEach(async () => {
  assets = await mkdtemp(join(tmpdir(), 'drawbridge-assets-'));
});
afterEach(() => rm(assets, { recursive: true }));

async function program(name: string, script: string): Promise<void> {
  await writeFile(join(assets, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(assets, name), 0o755);
}

it('a control plane is not waited for when one of its servers has ended, and it is said which', async () => {
  await program('etcd', 'exec sleep 600');
  await program('kube-apiserver', 'echo no such flag >&2; exit 3');
  const starting = startNativeControlPlane({ assets, route: 'test' });
  await expect(starting).rejects.toMatchObject({
    message: expect.stringContaining('no such flag') as string,
    cause: { message: 'kube-apiserver has ended (exit code 3):\nno such flag' },
  });
});
