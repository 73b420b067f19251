/** Where a sample of the CPU profile belongs. The first pattern wins that matches a frame's file. */
const stepOfFile: readonly (readonly [pattern: RegExp, step: string])[] = [
  [/\/proxy\/dist\/(chain\/(authenticate|require-ready))|\/token\/|\/jose\//, 'authenticate'],
  [/\/proxy\/dist\/chain\/(receive|parse)|kube-(request|path|query)|connection-path/, 'parse'],
  [/request-(head|line)|percent-decode|list-options|(field|label)-selector/, 'parse'],
  [/\/proxy\/dist\/(chain\/admit|domain\/(agent-limits|token-bucket))|\/limits\//, 'limits'],
  [/authorize|open-grants|access-attributes|find-connection|\/scope\/|\/reviews\//, 'authorize'],
  [/record|command-log|\/jetstream\/|\/@nats-io\/|\/nats\//, 'record'],
  [/\/proxy\/dist\/(filter|mask)|\/json-stream\//, 'filter and mask'],
  [/track-live|live-calls|cut-switch/, 'live calls'],
  [/\/proxy\/dist\/(credentials|identity-modes)\//, 'credentials'],
  [/\/proxy\/dist\/(upstream|kube)\/|\/undici\//, 'upstream client'],
  [/\/proxy\/dist\/(streams\/|chain\/forward|domain\/forwarded)/, 'relay'],
  [/\/proxy\/dist\/(listener|workers|chain)\//, 'listener'],
];

/** A frame of Node itself, when nothing of ours called it: whose callback it is tells where it belongs. */
const stepOfNode: readonly (readonly [pattern: RegExp, step: string])[] = [
  [/node:(_http_server|_http_incoming|_http_outgoing|_http_common|internal\/http2)/, 'listener'],
  [/node:(_tls_wrap|internal\/tls|net|internal\/stream_base_commons)/, 'TLS and sockets (Node)'],
  [/node:internal\/(streams|event)|node:(stream|events)/, 'streams and events (Node)'],
  [/node:(internal\/timers|timers)/, 'timers'],
];

export interface Frame {
  readonly functionName: string;
  readonly url: string;
}

/**
 * The step a stack belongs to: the innermost frame that is part of a step of ours, else what Node was doing.
 *
 * @param stack - innermost frame first
 */
export function stepOf(stack: readonly Frame[]): string {
  const [leaf] = stack;
  if (leaf === undefined) return 'other';
  if (leaf.functionName === '(garbage collector)') return 'garbage collection';
  if (leaf.functionName === '(idle)') return IDLE;
  if (leaf.functionName === '(program)') return 'TLS, sockets, kernel (native)';
  return find(stack, stepOfFile) ?? find(stack, stepOfNode) ?? 'other';
}

/** No CPU was used. */
export const IDLE = 'idle';

function find(
  stack: readonly Frame[],
  steps: readonly (readonly [RegExp, string])[],
): string | undefined {
  for (const { url } of stack) {
    const step = steps.find(([pattern]) => pattern.test(url));
    if (step !== undefined) return step[1];
  }
  return undefined;
}
