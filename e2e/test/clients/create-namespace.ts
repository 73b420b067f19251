import { nativeTool } from '@drawbridge/testing';
import type { WideGateway } from '../../src/wide-gateway.js';
import { runProgram } from './run-program.js';

/** Makes a namespace, not through the gateway; returns its name once pods can be made in it. */
export async function createNamespace(
  { controlPlane }: Pick<WideGateway, 'controlPlane'>,
  name: string,
): Promise<string> {
  const kubectl = await nativeTool('kubectl');
  const admin = async (...args: string[]) => {
    const { code, err } = await runProgram(kubectl, [
      ...['--kubeconfig', controlPlane.kubeconfig],
      ...args,
    ]);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
  };
  await admin('create', 'namespace', name);
  const waiting = ['--for=create', 'serviceaccount/default', '--timeout=30s'];
  await admin('wait', ...waiting, '--namespace', name);
  return name;
}
