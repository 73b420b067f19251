import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { nativeTool } from '@drawbridge/testing';
import { z } from 'zod';

/** What k8s.io/apiserver makes of a request line; `error` when it, or Go's HTTP server, refuses it. */
const Resolved = z.object({
  error: z.string().optional(),
  isResource: z.boolean(),
  path: z.string(),
  verb: z.string(),
  apiPrefix: z.string(),
  apiGroup: z.string(),
  apiVersion: z.string(),
  namespace: z.string(),
  resource: z.string(),
  subresource: z.string(),
  name: z.string(),
  parts: z.array(z.string()).nullable(),
  fieldSelector: z.string(),
  labelSelector: z.string(),
});
export type Resolved = z.infer<typeof Resolved>;

/** Classifies every line with `RequestInfoFactory` itself, in a process of its own (tools/request-info). */
export async function resolveAsApiserver(
  lines: readonly { readonly method: string; readonly target: string }[],
): Promise<readonly Resolved[]> {
  const program = spawn(await nativeTool('request-info'), [], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(program, 'exit');
  const answers: Resolved[] = [];
  const read = (async () => {
    for await (const line of createInterface({ input: program.stdout })) {
      answers.push(Resolved.parse(JSON.parse(line)));
    }
  })();
  for (const { method, target } of lines) {
    const line = `${JSON.stringify({ method, target })}\n`;
    if (!program.stdin.write(line)) await once(program.stdin, 'drain');
  }
  program.stdin.end();
  await Promise.all([read, exited]);
  if (answers.length !== lines.length)
    throw new Error(`${answers.length} of ${lines.length} answers`);
  return answers;
}
