import type { AccessRequestView, Problem } from '@drawbridge/contracts';
import { problemOf } from '@drawbridge/runtime';
import { isFinal } from '../domain/access-request-view.js';
import { identityStatus } from '../ingress-refused.js';
import type { Ingress } from './ingress.js';
import { currentView, etagOf, takePlace, type ViewExchange } from './view-watch.js';

/** How soon a stream ends after its token, its issuer or the right to read has gone. */
const CHECK_MS = 1_000;
const KEEP_ALIVE_CHECKS = 15;

/**
 * Server-sent events of one access request: `event: access-request` with the whole view, `id:` its revision,
 * first the present one and then each change. Ends after a final view, with `event: refused` when the caller
 * may no longer read it, and silently when the service stops (clients reconnect, with `Last-Event-ID`).
 */
export async function streamView(ingress: Ingress, exchange: ViewExchange): Promise<void> {
  const { request, response } = exchange;
  const view = await currentView(ingress, exchange);
  const known = lastEventId(request.headers['last-event-id']);
  if (isFinal(view) && view.revision <= known) {
    // Tells an EventSource not to connect again.
    response.status(204).end();
    return;
  }
  takePlace(ingress, exchange);
  if (response.destroyed) return;
  response.status(200).setHeader('Content-Type', 'text/event-stream');
  response.setHeader('X-Accel-Buffering', 'no');
  response.write('retry: 1000\n\n');
  new ViewStream(ingress, exchange).start(view, known);
}

function lastEventId(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 0;
}

class ViewStream {
  #sent = '';
  #checks = 0;
  #checking = false;
  #again = false;
  #cleanUp: () => void = () => undefined;

  constructor(
    private readonly ingress: Ingress,
    private readonly exchange: ViewExchange,
  ) {}

  start(view: AccessRequestView, known: number): void {
    const { views, stopping } = this.ingress;
    const { response, id } = this.exchange;
    const check = () => void this.#check();
    const timer = setInterval(() => this.#tick(), CHECK_MS);
    const forget = views.onChange(id, check);
    const stop = () => this.#end();
    stopping.addEventListener('abort', stop);
    this.#cleanUp = () => {
      clearInterval(timer);
      forget();
      stopping.removeEventListener('abort', stop);
    };
    response.once('close', () => this.#cleanUp());
    if (view.revision <= known) this.#sent = etagOf(view);
    this.#send(view);
    if (stopping.aborted) stop();
    // What has happened since the view was read has not been listened to.
    check();
  }

  #tick(): void {
    const { response } = this.exchange;
    this.#checks += 1;
    if (this.#checks % KEEP_ALIVE_CHECKS === 0) {
      // A client that has not read for so long is gone; nothing is kept for it.
      if (response.writableNeedDrain) response.destroy();
      else response.write(': keep-alive\n\n');
    }
    void this.#check();
  }

  /** Reads the view again, one reading at a time; a change meanwhile causes another. */
  async #check(): Promise<void> {
    this.#again = true;
    if (this.#checking) return;
    this.#checking = true;
    try {
      while (this.#again && !this.exchange.response.writableEnded) {
        this.#again = false;
        this.#send(await currentView(this.ingress, this.exchange));
      }
    } catch (error) {
      this.#refuse(problemOf(error, identityStatus));
    } finally {
      this.#checking = false;
    }
  }

  #send(view: AccessRequestView): void {
    const { response } = this.exchange;
    if (response.writableEnded || etagOf(view) === this.#sent) return;
    this.#sent = etagOf(view);
    response.write(eventText('access-request', view, view.revision));
    if (isFinal(view)) this.#end();
  }

  #refuse(problem: Problem): void {
    const { response } = this.exchange;
    if (!response.writableEnded) response.write(eventText('refused', problem));
    this.#end();
  }

  #end(): void {
    this.#cleanUp();
    this.exchange.response.end();
  }
}

/** JSON has no raw line breaks, so one `data:` line holds it. */
function eventText(type: string, data: object, id?: number): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `event: ${type}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
}
