import { createHash } from 'node:crypto';
import { markup, Markup } from './markup.js';

/** One text, because its hash is in the policy of the page. */
const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  --paper: light-dark(#fff, #1b2027); --ground: light-dark(#eef1f6, #11151a); --ink: light-dark(#17202b, #e8ecf1);
  --faint: light-dark(#566271, #9ba8b7); --line: light-dark(#cfd6de, #39434f); --accent: light-dark(#2459c4, #7ea6ff);
  --on-accent: light-dark(#fff, #0d1524); --good: light-dark(#17693a, #6fd397); --bad: light-dark(#ab2219, #ff9d94); }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.25rem 1rem; display: flex; justify-content: center; color: var(--ink);
  background: var(--ground); overflow-wrap: anywhere; }
main { width: 100%; max-width: 38rem; padding: 1.5rem; border: 1px solid var(--line);
  border-top: 4px solid var(--accent); border-radius: 10px; background: var(--paper); }
main.good { border-top-color: var(--good); }
main.bad { border-top-color: var(--bad); }
h1 { margin: 0 0 .8rem; font-size: 1.35rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
p:last-child { margin-bottom: 0; }
a { color: var(--accent); }
dl { margin: 0 0 1rem; display: grid; grid-template-columns: max-content 1fr; gap: .35rem .9rem; }
dt { color: var(--faint); }
dd { margin: 0; }
.risk-high { color: var(--bad); font-weight: 650; }
small, .note { color: var(--faint); }
pre { margin: .5rem 0 1rem; padding: .75rem; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto;
  white-space: pre-wrap; font: .85rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
summary { cursor: pointer; color: var(--accent); }
button { width: 100%; min-height: 2.9rem; border: 1px solid transparent; border-radius: 8px; font: inherit;
  font-weight: 600; color: var(--on-accent); background: var(--accent); cursor: pointer; }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 30rem) { main { padding: 1.1rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
`;

/** What the page is about: colours its edge. */
export type PageMood = 'ask' | 'good' | 'bad';

export interface PageContent {
  readonly title: string;
  readonly mood: PageMood;
  readonly body: Markup;
}

/** One page of ours. Plain HTML and CSS: it works without scripts. */
export const renderPage = ({ title, mood, body }: PageContent): string =>
  markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Drawbridge</title>
        <link rel="icon" href="data:," />
        <style>${new Markup(style)}</style>
      </head>
      <body>
        <main class="${mood}">
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`.source;

/** The page needs its own style and its own form, so nothing else is allowed. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};
