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
  const first = await currentView(ingress, exchange);
  const seconds = exchange.request.method === 'HEAD' ? 0 : (query.wait ?? 0);
  const isNews = newsFor(exchange, query, first);
  if (seconds === 0 || isNews(first)) return first;
  takePlace(ingress, exchange);
  const deadline = ingress.clock().getTime() + seconds * 1000;
  for (let view = first; ; view = await currentView(ingress, exchange)) {
    const now = ingress.clock().getTime();
    const over = now >= deadline || ingress.stopping.aborted || exchange.response.destroyed;
    if (over || isNews(view)) return view;
    const ms = Math.min(deadline, endOf(view)) - now;
    await changed(ingress, exchange, { revision: view.revision, ms });
  }
}

/** Whether the caller asked with `If-None-Match` and this is the view it has. */
export function isNotModified({ request }: ViewExchange, view: AccessRequestView): boolean {
  const header = request.headers['if-none-match'];
  const known = (header ?? '').split(',').map((etag) => etag.trim().replace(/^W\//, ''));
  return known.includes(etagOf(view)) || header === '*';
}

/** Whether a view is worth an answer: it is final, or not the one that the caller knows. */
function newsFor(
  exchange: ViewExchange,
  { after }: WaitQuery,
  first: AccessRequestView,
): (view: AccessRequestView) => boolean {
  const conditional = exchange.request.headers['if-none-match'] !== undefined;
  return (view) => {
    if (isFinal(view)) return true;
    if (after !== undefined) return view.revision > after;
    return conditional ? !isNotModified(exchange, view) : etagOf(view) !== etagOf(first);
  };
}

/** A grant that ends is a change too, by the clock and without an event. */
const endOf = ({ grant }: AccessRequestView): number =>
  grant === undefined ? Infinity : Date.parse(grant.endsAt);

/** Resolves with a view newer than `revision`, after `ms`, when the caller has gone or the service stops. */
function changed(
  { views, stopping }: Ingress,
  { response, id }: ViewExchange,
  { revision, ms }: { readonly revision: number; readonly ms: number },
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      forget();
      stopping.removeEventListener('abort', done);
      response.off('close', done);
      resolve();
    };
    // Timers may fire a little early, and a wait of nothing would only spin.
    const timer = setTimeout(done, Math.max(1, ms));
    const forget = views.onChange(id, done);
    stopping.addEventListener('abort', done);
    response.once('close', done);
    // What has happened since the caller's view was read has called no listener of ours.
    if (stopping.aborted || (views.get(id)?.revision ?? 0) > revision) done();
  });
}
