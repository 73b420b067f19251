import type { PortFlowRecord } from '@drawbridge/contracts';
import type { Channel, ChannelObserver, Sender } from '../channels/channel-observer.js';
import type { SessionRecording } from './session-recording.js';

/** As many as a record holds. */
const MAX_PORTS = 128;

type Flow = { -readonly [Member in keyof PortFlowRecord]: PortFlowRecord[Member] };

interface Opened {
  readonly number: number;
  readonly port: number;
  sent: number;
  received: number;
  readonly done: { client: boolean; cluster: boolean };
}

/** Counts what goes through forwarded ports, and records each TCP connection there as it comes and goes. */
export class PortFlows implements ChannelObserver {
  readonly #flows = new Map<number, Flow>();
  readonly #open = new Map<number, Opened>();
  #connections = 0;

  constructor(private readonly recording: Pick<SessionRecording, 'frame'> | undefined) {}

  get flows(): readonly PortFlowRecord[] {
    return [...this.#flows.values()].map((flow) => ({ ...flow }));
  }

  opened({ id, type, port }: Channel): void {
    if (type !== 'data' || port === undefined) return;
    this.#connections += 1;
    const number = this.#connections;
    const done = { client: false, cluster: false };
    this.#open.set(id, { number, port, sent: 0, received: 0, done });
    const flow = this.#flowOf(port);
    if (flow !== undefined) flow.connections += 1;
    this.recording?.frame('m', `connection ${number} to port ${port} opened`);
  }

  data({ id, type, port }: Channel, from: Sender, { length }: Uint8Array): void {
    if (type !== 'data' || port === undefined) return;
    const way = from === 'client' ? 'sent' : 'received';
    const opened = this.#open.get(id);
    if (opened !== undefined) opened[way] += length;
    const flow = this.#flowOf(port);
    if (flow !== undefined) flow[way] += length;
  }

  closed({ id, type }: Channel, from: Sender, reset: boolean): void {
    const opened = type === 'data' ? this.#open.get(id) : undefined;
    if (opened === undefined) return;
    opened.done[from] = true;
    if (reset || (opened.done.client && opened.done.cluster)) this.#close(id, opened);
  }

  wants({ type }: Channel): boolean {
    return type === 'data';
  }

  /** The session is over: so are those that are open. */
  end(): void {
    for (const [id, opened] of this.#open) this.#close(id, opened);
  }

  #close(id: number, { number, port, sent, received }: Opened): void {
    this.#open.delete(id);
    const bytes = `${sent} bytes sent, ${received} received`;
    this.recording?.frame('m', `connection ${number} to port ${port} closed: ${bytes}`);
  }

  #flowOf(port: number): Flow | undefined {
    const known = this.#flows.get(port);
    if (known !== undefined || this.#flows.size >= MAX_PORTS) return known;
    const flow = { port, connections: 0, sent: 0, received: 0 };
    this.#flows.set(port, flow);
    return flow;
  }
}
