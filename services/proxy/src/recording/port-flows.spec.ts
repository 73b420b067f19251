import { expect, it } from 'vitest';
import { PortFlows } from './port-flows.js';

const data = (id: number, port = 8080) => ({ id, type: 'data', port }) as const;
const bytes = (length: number) => new Uint8Array(length);

it('tells of each connection through a forwarded port, and of each port in all', () => {
  const frames: string[] = [];
  const flows = new PortFlows({ frame: (_code, text) => frames.push(text) });
  flows.opened({ id: 1, type: 'error', port: 8080 });
  flows.opened(data(3));
  flows.opened(data(5));
  flows.data(data(3), 'client', bytes(10));
  flows.data(data(3), 'cluster', bytes(20));
  flows.data(data(5), 'client', bytes(1));
  flows.closed(data(3), 'client', false);
  flows.closed(data(3), 'cluster', false);
  flows.opened(data(7, 9090));
  flows.closed(data(7, 9090), 'cluster', true);
  flows.end();
  expect(flows.flows).toStrictEqual([
    { port: 8080, connections: 2, sent: 11, received: 20 },
    { port: 9090, connections: 1, sent: 0, received: 0 },
  ]);
  expect(frames).toStrictEqual([
    'connection 1 to port 8080 opened',
    'connection 2 to port 8080 opened',
    'connection 1 to port 8080 closed: 10 bytes sent, 20 received',
    'connection 3 to port 9090 opened',
    'connection 3 to port 9090 closed: 0 bytes sent, 0 received',
    'connection 2 to port 8080 closed: 1 bytes sent, 0 received',
  ]);
});

it('has no more ports than a record takes', () => {
  const flows = new PortFlows(undefined);
  for (let port = 1; port <= 200; port += 1) flows.opened(data(port, port));
  expect(flows.flows).toHaveLength(128);
});
