/// <reference lib="dom" />
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, visit } from '../src/browser.js';
import { pictures } from '../src/card-pictures/pictures.js';
import { slackPage } from '../src/card-pictures/slack-page.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, isMobile: true };
const devices: readonly (BrowserContextOptions & { readonly on: string })[] = [
  { on: '', ...phone },
  { on: ' in the dark', ...phone, colorScheme: 'dark' },
  { on: ' on a desk', viewport: { width: 720, height: 800 } },
];

describe.each(pictures())('the picture $name', ({ name, html }) => {
  it.each(devices)('fits on the screen$on', async ({ on, ...options }) => {
    const visitor = await visit(browser, 'about:blank', options);
    await visitor.page.setContent(slackPage(html));
    const { width, buttons } = await visitor.page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      buttons: [...document.querySelectorAll('.button')].map((button) => {
        const { left, right } = button.getBoundingClientRect();
        return { left, right };
      }),
    }));
    const { width: screen = 0 } = options.viewport ?? {};
    expect(width).toBeLessThanOrEqual(screen);
    for (const { left, right } of buttons) {
      expect(left).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThanOrEqual(screen);
    }
    // The picture is as high as what it shows.
    await visitor.page.setViewportSize({ width: screen, height: 10 });
    await visitor.photograph(`${name}${on.replaceAll(' ', '-')}`);
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  });
});

describe('a card that waits', () => {
  it('has its buttons on the first screen of a phone', async () => {
    const visitor = await visit(browser, 'about:blank', phone);
    for (const { name, html } of pictures().filter((one) =>
      /^(pending|high-risk)$/.test(one.name),
    )) {
      await visitor.page.setContent(slackPage(html));
      const bottom = await visitor.page
        .locator('.button.primary')
        .evaluate((button) => button.getBoundingClientRect().bottom);
      expect(bottom, name).toBeLessThan(844);
    }
    await visitor.leave();
  });
});
