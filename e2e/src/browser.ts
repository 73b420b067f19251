import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nativeTool } from '@drawbridge/testing';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Nothing of Chromium's own leaves the machine, and no name but loopback addresses can be resolved. */
const FLAGS = [
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/**
 * Starts the headless Chromium that `tools/native` finds, with a fresh profile. Its sandbox cannot be had
 * as root.
 */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await nativeTool('chromium'),
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    args: FLAGS,
  });
}

/** Somebody with a browser of their own: no cookies shared with others. */
export interface Visitor {
  readonly page: Page;
  /**
   * What should not have happened: a request to another origin, a message on the console (a breach of the
   * Content-Security-Policy is one), an exception, a dialog, a second window.
   */
  readonly complaints: readonly string[];
  /** Keeps a picture of the page in `DRAWBRIDGE_SCREENSHOTS`, when that names a directory. */
  photograph(name: string): Promise<void>;
  leave(): Promise<void>;
}

/** @param origins - the only ones that pages may make requests to; all others fail and are complaints */
export async function visit(
  browser: Browser,
  origins: string | readonly string[],
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ serviceWorkers: 'block', ...options });
  const complaints: string[] = [];
  const page = await context.newPage();
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if ([origins].flat().includes(url.origin) || url.protocol === 'data:') return route.continue();
    complaints.push(`request to ${url.href}`);
    return route.abort();
  });
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('popup', (popup) => complaints.push(`window: ${popup.url()}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return {
    page,
    complaints,
    photograph: (name) => photograph(page, name),
    leave: () => context.close(),
  };
}

async function photograph(page: Page, name: string): Promise<void> {
  const directory = process.env['DRAWBRIDGE_SCREENSHOTS'];
  if (directory === undefined) return;
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}
