import { createHash } from 'node:crypto';
import { markup, Markup } from './markup.js';
import { pageStyle } from './page-style.js';

/** A drawbridge, let down: two towers, the bridge and its chains. */
const DRAWING =
  '<path d="M3 28V9h2v2.5h2V9h2v19M23 28V9h2v2.5h2V9h2v19M9 22.5h14M9 13.5l4.5 9M23 13.5l-4.5 9"/>';

const logo = new Markup(
  `<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">${DRAWING}</svg>`,
);

const icon = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke="#4a7dff" stroke-width="2.4">${DRAWING}</g></svg>`,
)}`;

/** What the page is about: colours its heading's mark. */
export type PageMood = 'ask' | 'good' | 'bad';

export interface PageContent {
  readonly title: string;
  readonly mood?: PageMood;
  readonly body: Markup;
}

/** Frames one page of the demo's identity provider. Plain HTML and CSS: it works without scripts. */
export function framePage({ title, mood = 'ask', body }: PageContent): string {
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Drawbridge demo</title>
        <link rel="icon" href="${icon}" />
        <style>${new Markup(pageStyle)}</style>
      </head>
      <body>
        <header>
          ${logo}<span>Drawbridge <small>demo identity provider</small></span>
        </header>
        <main class="${mood}">
          <h1>${title}</h1>
          ${body}
        </main>
        <footer>
          A stand-in for your company’s login. Nobody here has a password, and nothing is kept.
        </footer>
      </body>
    </html>`.source;
}

/**
 * Sent with every answer. The pages need their own style and their own forms, so nothing else is allowed:
 * no script, nothing of another origin, no framing.
 *
 * @param clients - where the answer to a form may lead back to
 */
export const pageHeaders = (clients: readonly string[]): Readonly<Record<string, string>> => ({
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'`,
    'img-src data:',
    ['form-action', "'self'", ...clients.map((client) => new URL(client).origin)].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
});
