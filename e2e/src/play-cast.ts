import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { visit } from './browser.js';
import type { TerminalSize } from './terminal-session.js';

const require = createRequire(import.meta.url);
const bundle = dirname(require.resolve('asciinema-player/dist/bundle/asciinema-player.min.js'));
const origin = 'http://127.0.0.1:9';

/** What the player of asciinema has on its screen when a recording is over. */
export interface PlayedCast {
  /** Rows from the top, without blanks at their ends; none behind the last that says something. */
  readonly lines: readonly string[];
  readonly size: TerminalSize;
}

interface Player {
  addEventListener(type: string, listener: () => void): void;
  play(): Promise<unknown>;
}

declare const AsciinemaPlayer: {
  readonly create: (source: object, element: Element, options: object) => Player;
};

/** Plays a file in asciinema's player for pages, as fast as it can, in a browser that reaches nobody. */
export async function playCast(browser: Browser, cast: string): Promise<PlayedCast> {
  const visitor = await visit(browser, origin);
  const { page, complaints } = visitor;
  try {
    await page.addStyleTag({ path: join(bundle, 'asciinema-player.css') });
    await page.addScriptTag({ path: join(bundle, 'asciinema-player.min.js') });
    const played = await page.evaluate(playInPage, cast);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    return played;
  } finally {
    await visitor.leave();
  }
}

/** Runs in the page, where there is nothing of this file. */
async function playInPage(data: string): Promise<PlayedCast> {
  const options = { speed: 50, idleTimeLimit: 1, preload: true };
  const player = AsciinemaPlayer.create({ data }, document.body, options);
  const ended = new Promise<void>((resolve) => {
    player.addEventListener('ended', () => resolve());
  });
  await player.play();
  await ended;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const style = document.querySelector<HTMLElement>('.ap-term')?.style;
  const side = (name: string) => Number(style?.getPropertyValue(`--term-${name}`));
  const rows = [...document.querySelectorAll('.ap-line')];
  const lines = rows.map((row) => row.textContent.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return { lines, size: { cols: side('cols'), rows: side('rows') } };
}
