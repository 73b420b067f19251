import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Closers } from '@drawbridge/runtime';
import { afterAll, beforeAll } from 'vitest';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { nativeTool } from '@drawbridge/testing';
import { describeConformance } from '../conformance/describe-conformance.js';

let cluster: SandboxCluster;
let directory: string;
let kubectl: string;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rm(directory, { recursive: true, force: true }));
  kubectl = await nativeTool('kubectl');
  directory = await mkdtemp(join(tmpdir(), 'sandbox-conformance-'));
  cluster = await startSandboxCluster();
  closers.add(() => cluster.close());
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig(), { mode: 0o600 });
});

afterAll(() => closers.close());

describeConformance('the sandbox cluster', () => ({
  kubeconfig: join(directory, 'kubeconfig'),
  kubectl,
}));
