import type { AccessRequestView } from '@drawbridge/contracts';
import { isFinal } from '../domain/access-request-view.js';
import type { Ingress } from './ingress.js';
import type { WaitQuery } from './schemas.js';
import { currentView, etagOf, takePlace, type ViewExchange } from './view-watch.js';

/**
 * The view, once it is another than the one the caller knows (`after` or `If-None-Match`; otherwise the
 * present one), or unchanged when the time is over. A final view is answered at once.
 */
export async function awaitView(
  ingress: Ingress,
  exchange: ViewExchange,
  query: WaitQuery,
): Promise<AccessRequestView> {
  const view = await currentView(ingress, exchange);
  const seconds = exchange.request.method === 'HEAD' ? 0 : (query.wait ?? 0);
  if (seconds === 0 || isFinal(view) || !isKnown(view, exchange, query)) return view;
  takePlace(ingress, exchange);
  await changed(ingress, exchange, untilOf(view, ingress.clock(), seconds));
  return currentView(ingress, exchange);
}

/** Whether the caller asked with `If-None-Match` and this is the view it has. */
export function isNotModified({ request }: ViewExchange, view: AccessRequestView): boolean {
  const header = request.headers['if-none-match'];
  const known = (header ?? '').split(',').map((etag) => etag.trim().replace(/^W\//, ''));
  return known.includes(etagOf(view)) || header === '*';
}

function isKnown(view: AccessRequestView, exchange: ViewExchange, { after }: WaitQuery): boolean {
  if (after !== undefined) return view.revision <= after;
  return exchange.request.headers['if-none-match'] === undefined || isNotModified(exchange, view);
}

/** A grant that ends is a change too, by the clock and without an event. */
function untilOf({ grant }: AccessRequestView, now: Date, seconds: number): number {
  const end = grant === undefined ? Infinity : Date.parse(grant.endsAt) - now.getTime();
  return Math.max(0, Math.min(seconds * 1000, end));
}

/** Resolves after the next change, after `ms`, when the caller has gone, or when the service stops. */
function changed(
  { views, stopping }: Ingress,
  { response, id }: ViewExchange,
  ms: number,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      forget();
      stopping.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const forget = views.onChange(id, done);
    stopping.addEventListener('abort', done);
    response.once('close', done);
    if (stopping.aborted) done();
  });
}
