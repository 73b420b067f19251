import { afterAll, beforeAll } from 'vitest';
import { nativeTool, startControlPlane, type ControlPlane } from '@drawbridge/testing';
import { describeConformance } from '../conformance/describe-conformance.js';

let controlPlane: ControlPlane;
let kubectl: string;

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  controlPlane = await startControlPlane();
});

afterAll(async () => {
  await controlPlane.stop();
});

/** The same cases as against the sandbox cluster: they are true of Kubernetes, not of our stand-in. */
describeConformance('a real control plane', () => ({
  kubeconfig: controlPlane.kubeconfig,
  kubectl,
}));
