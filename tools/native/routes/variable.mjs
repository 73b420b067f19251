import { probe } from '../probe.mjs';
import { notFound } from '../attempt.mjs';

/**
 * The program named by the tool's own environment variable. Who names a program wants that program,
 * so one that will not do ends the search instead of being replaced in silence.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const variableRoute = {
  name: 'variable',
  kind: 'look',
  async attempt(tool, { env }) {
    const path = env[tool.variable];
    if (!path) return notFound(`${tool.variable} is not set`);
    const probed = await probe(tool, path);
    if (!probed.ok) {
      return { ok: false, reason: `${tool.variable}: ${probed.reason}`, final: true };
    }
    return { ok: true, path, version: probed.version, detail: tool.variable };
  },
};
