import { once } from 'node:events';
import { z } from 'zod';

const Message = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
});
type Message = z.infer<typeof Message>;
const Attached = z.object({
  sessionId: z.string(),
  workerInfo: z.object({ title: z.string() }),
});
const FromWorker = z.object({ sessionId: z.string(), message: z.string() });
const RemoteObject = z.object({
  result: z.object({ objectId: z.string().optional(), value: z.unknown().optional() }),
  exceptionDetails: z.object({ exception: z.object({ description: z.string() }) }).optional(),
});
const Queried = z.object({ objects: z.object({ objectId: z.string() }) });

const GROUP = 'soak';

/** One thread of another process as V8's inspector sees it. */
export class InspectedThread {
  #nextId = 1;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();

  constructor(private readonly write: (text: string) => void) {}

  take(message: Message): void {
    if (message.id === undefined) return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result ?? {});
    else waiting?.reject(new Error(message.error.message));
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId;
    this.#nextId += 1;
    const waiting = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, waiting);
    this.write(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }

  /** The value of an expression, as JSON. */
  async evaluate(expression: string): Promise<unknown> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    return valueOf(await this.send('Runtime.evaluate', options));
  }

  /** What `measure` gives for the array of all living objects that have this prototype. */
  async query(prototype: string, measure: string): Promise<unknown> {
    const options = { expression: prototype, objectGroup: GROUP };
    const { result } = checked(await this.send('Runtime.evaluate', options));
    const query = { prototypeObjectId: result.objectId, objectGroup: GROUP };
    const { objects } = Queried.parse(await this.send('Runtime.queryObjects', query));
    const { objectId } = objects;
    const call = { objectId, functionDeclaration: measure, returnByValue: true };
    const value = valueOf(await this.send('Runtime.callFunctionOn', call));
    await this.send('Runtime.releaseObjectGroup', { objectGroup: GROUP });
    return value;
  }
}

function checked(answer: Record<string, unknown>) {
  const parsed = RemoteObject.parse(answer);
  if (parsed.exceptionDetails === undefined) return parsed;
  throw new Error(parsed.exceptionDetails.exception.description);
}

const valueOf = (answer: Record<string, unknown>): unknown => checked(answer).result.value;

/** A process and its worker threads, looked into from outside for as long as it takes. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #main: InspectedThread;
  readonly #workers = new Map<string, InspectedThread>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#main = new InspectedThread((text) => socket.send(text));
    socket.addEventListener('message', ({ data }) => this.#onMessage(String(data)));
  }

  /** @param address - as Node prints it: `ws://…` */
  static async attach(address: string): Promise<Inspector> {
    const socket = new WebSocket(address);
    await once(socket, 'open');
    const inspector = new Inspector(socket);
    await inspector.#main.send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  /** The main thread and every worker thread. */
  get threads(): readonly InspectedThread[] {
    return [this.#main, ...this.#workers.values()];
  }

  async detach(): Promise<void> {
    await this.#main.send('NodeWorker.disable');
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #onMessage(text: string): void {
    const message = Message.parse(JSON.parse(text));
    if (message.method === 'NodeWorker.attachedToWorker') {
      const { sessionId } = Attached.parse(message.params);
      this.#workers.set(sessionId, this.#workerThread(sessionId));
    } else if (message.method === 'NodeWorker.receivedMessageFromWorker') {
      const { sessionId, message: inner } = FromWorker.parse(message.params);
      this.#workers.get(sessionId)?.take(Message.parse(JSON.parse(inner)));
    } else {
      this.#main.take(message);
    }
  }

  #workerThread(sessionId: string): InspectedThread {
    return new InspectedThread((message) => {
      void this.#main.send('NodeWorker.sendMessageToWorker', { sessionId, message });
    });
  }
}
