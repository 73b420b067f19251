/// <reference lib="dom" />
import {
  demoPeople,
  startDemoIdentityProvider,
  type DemoIdentityProvider,
} from '@drawbridge/embedded';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Closers } from '@drawbridge/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDeviceLogin, type DeviceLogin } from '../src/browser-device-login.js';
import { unreadable } from '../src/browser-readability.js';
import { startBrowser, visit, type Visitor } from '../src/browser.js';

let browser: Browser;
let provider: DemoIdentityProvider;
let visitor: Visitor;
let login: DeviceLogin;

const startProvider = (options = {}) =>
  startDemoIdentityProvider({
    host: '127.0.0.1',
    audience: 'drawbridge',
    ...demoPeople,
    ...options,
  });
const closers = new Closers();

beforeAll(async () => {
  browser = await startBrowser();
  closers.add(() => browser.close());
  provider = await startProvider();
  closers.add(() => provider.close());
});
afterAll(() => closers.close());

const arrive = async (options: BrowserContextOptions = {}) => {
  visitor = await visit(browser, provider.issuer, options);
  login = await startDeviceLogin(provider.issuer);
};
beforeEach(() => arrive());
afterEach(async () => {
  await visitor.leave();
  expect(visitor.complaints).toEqual([]);
});

const heading = (name: string) => visitor.page.getByRole('heading', { level: 1, name });
const press = (name: string) => visitor.page.getByRole('button', { name, exact: true }).click();
const problem = () => visitor.page.getByRole('alert').innerText();
const at = async (name: string) => {
  await heading(name).waitFor({ timeout: 60_000 });
};
const choose = async (name: RegExp) => {
  await visitor.page.getByRole('radio', { name }).check();
  await press('Log in');
};
const type = async (code: string) => {
  await visitor.page.getByRole('textbox', { name: 'Code from your terminal' }).fill(code);
  await press('Continue');
};

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const machines: readonly (BrowserContextOptions & { readonly on: string })[] = [
  { on: 'a desk', colorScheme: 'light' },
  { on: 'a desk in the dark', colorScheme: 'dark' },
  { on: 'a desk without JavaScript', javaScriptEnabled: false },
  { on: 'a phone', ...phone },
  {
    on: 'a phone in the dark without JavaScript',
    ...phone,
    colorScheme: 'dark',
    javaScriptEnabled: false,
  },
];

describe.each(machines)('on $on', ({ on, ...options }) => {
  beforeEach(async () => {
    await visitor.leave();
    await arrive(options);
  });

  it('a human follows the link, sees the code, says who they are, and is logged in', async () => {
    await visitor.page.goto(login.link);
    await at('Is this your code?');
    expect(await visitor.page.locator('main').innerText()).toContain(login.userCode);
    expect(await visitor.page.locator('main').innerText()).toContain('Drawbridge CLI');
    await visitor.photograph(`${on} confirm`);
    await press('Yes, continue');
    await at('Who are you?');
    expect(await login.outcome()).toBe('authorization_pending');
    await visitor.photograph(`${on} people`);
    await choose(/^Bob bob@corp\.test/);
    await at('Done');
    await visitor.photograph(`${on} done`);
    expect(await login.outcome()).toBe('human-bob');
  });

  it('a human types the code, as carelessly as they like', async () => {
    await visitor.page.goto(login.address);
    await at('Log in');
    await visitor.photograph(`${on} code`);
    await type(` ${login.userCode.toLowerCase().replace('-', ' ')} `);
    await at('Is this your code?');
    await press('Yes, continue');
    await choose(/^Alice/);
    await at('Done');
    expect(await login.outcome()).toBe('human-alice');
  });
});

describe('a code that does not lead on', () => {
  it('is unknown, and can be corrected on the same page', async () => {
    await visitor.page.goto(login.address);
    await type('BBBB-BBBB');
    await at('Log in');
    expect(await problem()).toContain('No login is waiting for that code');
    await visitor.photograph('wrong code');
    await type(login.userCode);
    await at('Is this your code?');
  });

  it('is unknown in a link as well', async () => {
    await visitor.page.goto(`${login.address}?user_code=BBBB-BBBB`);
    await at('Log in');
    expect(await problem()).toContain('No login is waiting for that code');
    await type(login.userCode);
    await at('Is this your code?');
  });

  it('is not there', async () => {
    await visitor.page.goto(login.address);
    await type('');
    // The browser itself asks for it, where it may; without that the server does.
    await visitor.page.locator('form').evaluate((form) => form.setAttribute('novalidate', ''));
    await type('');
    expect(await problem()).toBe('Enter a code.');
  });

  it('was used already', async () => {
    await provider.approveDevice(login.userCode, { id: 'human-alice' });
    await visitor.page.goto(login.link);
    expect(await problem()).toContain('was used already');
    await type(login.userCode);
    await at('Log in');
    expect(await problem()).toContain('was used already');
    expect(await login.outcome()).toBe('human-alice');
  });

  it.each([
    { when: 'before it is confirmed', button: 'Yes, continue', ended: 'Log in' },
    { when: 'before a human is chosen', button: 'Log in', ended: 'This login has ended' },
  ])('has expired $when', async ({ button, ended }) => {
    await visitor.page.goto(login.link);
    if (button === 'Log in') await press('Yes, continue');
    await visitor.page.getByRole('button', { name: button }).waitFor();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 });
    try {
      await press(button);
      await at(ended);
      expect(await problem()).toMatch(/older than ten minutes|Start again in the terminal/);
      expect(await login.outcome()).not.toMatch(/^human/);
      if (ended === 'This login has ended') forgetExpected404();
    } finally {
      vi.useRealTimers();
    }
  });

  it('comes from a page that another visitor was given', async () => {
    await visitor.page.goto(login.link);
    await visitor.page.context().clearCookies();
    await press('Yes, continue');
    await at('This page has ended');
    expect(await problem()).toContain('Nobody was logged in');
    expect(await login.outcome()).toBe('authorization_pending');
    forgetExpected('status of 400');
    await visitor.page.getByRole('link', { name: 'Enter the code again' }).click();
    await type(login.userCode);
    await at('Is this your code?');
  });
});

describe('a human who wants to stop', () => {
  it('says no to the code', async () => {
    await visitor.page.goto(login.link);
    await press('No, stop');
    await at('Stopped');
    await visitor.photograph('stopped');
    expect(await login.outcome()).toBe('access_denied');
  });

  it('says no when asked who they are', async () => {
    await visitor.page.goto(login.link);
    await press('Yes, continue');
    await press('Cancel');
    await at('Stopped');
    expect(await login.outcome()).toBe('access_denied');
  });

  it('cannot go back and log in after all', async () => {
    await visitor.page.goto(login.link);
    await press('No, stop');
    await at('Stopped');
    await visitor.page.goto(login.link);
    expect(await problem()).toContain('was used already');
  });
});

describe('who is chosen', () => {
  it('can be another human the next time, in the same browser', async () => {
    for (const [name, subject] of [
      [/^Alice/, 'human-alice'],
      [/^Dana/, 'human-dana'],
    ] as const) {
      const next = await startDeviceLogin(provider.issuer);
      await visitor.page.goto(next.link);
      await press('Yes, continue');
      await choose(name);
      await at('Done');
      expect(await next.outcome()).toBe(subject);
    }
  });

  it('must be one of those who are offered', async () => {
    await visitor.page.goto(login.link);
    await press('Yes, continue');
    const alice = visitor.page.getByRole('radio', { name: /^Alice/ });
    await alice.evaluate((radio) => radio.setAttribute('value', 'human-mallory'));
    await choose(/^Alice/);
    await at('Who are you?');
    expect(await problem()).toBe('Choose one of these people.');
    expect(await login.outcome()).toBe('authorization_pending');
  });

  it('can be chosen with the keyboard alone', async () => {
    const { keyboard } = visitor.page;
    await visitor.page.goto(login.address);
    await visitor.page.locator('input:focus').waitFor();
    await keyboard.type(login.userCode);
    await keyboard.press('Enter');
    await at('Is this your code?');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await at('Who are you?');
    await keyboard.press('Tab');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await at('Done');
    expect(await login.outcome()).toBe('human-bob');
  });
});

/** Every page there is, one after the other. */
async function* everyPage(page: Page): AsyncGenerator<string> {
  await page.goto(login.address);
  yield 'Log in';
  await type('BBBB-BBBB');
  yield 'Log in, with a problem';
  await type(login.userCode);
  yield 'Is this your code?';
  await press('Yes, continue');
  yield 'Who are you?';
  await choose(/^Erin/);
  yield 'Done';
  await page.goto((await startDeviceLogin(provider.issuer)).link);
  await press('No, stop');
  yield 'Stopped';
  await page.goto(`${provider.issuer}/interaction/unknown`).catch(() => undefined);
  yield 'This login has ended';
}

describe('every page', () => {
  it.each([
    { width: 360, colorScheme: 'light' },
    { width: 360, colorScheme: 'dark' },
    { width: 320, colorScheme: 'light' },
    { width: 1280, colorScheme: 'dark' },
  ] as const)('can be read at $width px, $colorScheme', async ({ width, colorScheme }) => {
    await visitor.leave();
    await arrive({ viewport: { width, height: 700 }, colorScheme });
    for await (const name of everyPage(visitor.page)) {
      expect.soft(await unreadable(visitor.page), name).toEqual([]);
      await visitor.photograph(`${width} ${colorScheme} ${name}`);
    }
    forgetExpected404();
  });

  it('has one main landmark with one heading, a title, a language, and named controls', async () => {
    for await (const name of everyPage(visitor.page)) {
      const { page } = visitor;
      expect.soft(await page.getByRole('main').count(), name).toBe(1);
      const title = await page.getByRole('heading', { level: 1 }).innerText();
      expect.soft(await page.title(), name).toBe(`${title} · Drawbridge demo`);
      expect.soft(await page.locator('html').getAttribute('lang'), name).toBe('en');
      const controls = page.locator('button, input:not([type=hidden])');
      for (const control of await controls.all()) {
        const tree = await control.ariaSnapshot();
        expect.soft(tree, name).toMatch(/^- (button|textbox|radio|checkbox) "[^"]+"/);
      }
    }
    forgetExpected404();
  });

  it('forbids scripts, other origins, plug-ins and framing, and carries no script', async () => {
    const headers: Record<string, string>[] = [];
    visitor.page.on('response', (response) => {
      if (response.headers()['content-type']?.includes('html')) headers.push(response.headers());
    });
    for await (const name of everyPage(visitor.page)) {
      const source = await visitor.page.content();
      expect.soft(source, name).not.toMatch(/<script|\son\w+=|javascript:|\sstyle=/i);
    }
    expect(headers.length).toBeGreaterThanOrEqual(8);
    for (const each of headers) {
      expect(each).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
      });
      expect(each['cache-control']).toContain('no-store');
      expect(each['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[\w+/]+='; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
    }
    forgetExpected404();
  });

  it('is laid out: the style is the one that the policy allows', async () => {
    await visitor.page.goto(login.address);
    const width = await visitor.page
      .getByRole('main')
      .evaluate((main) => getComputedStyle(main).maxWidth);
    expect(width).toBe('432px');
  });

  it('runs no script, even one that got into it', async () => {
    await visitor.page.goto(login.address);
    await visitor.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken over"';
      document.body.append(script);
    });
    expect(await visitor.page.title()).toBe('Log in · Drawbridge demo');
    expect(visitor.complaints.join()).toContain('Content Security Policy');
    forgetComplaints();
  });

  it('may not be shown in a frame of another page', async () => {
    await visitor.page.setContent(`<iframe src="${login.link}"></iframe>`);
    await expect
      .poll(() => visitor.complaints.join(), { timeout: 60_000 })
      .toContain('frame-ancestors');
    forgetComplaints();
  });
});

describe('text of others', () => {
  const hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u202E{{1}}';
  const shown = '"><img src=x onerror=alert(1)><script>alert(2)</script>�{{1}}';
  let lure: DemoIdentityProvider;

  beforeAll(async () => {
    const [alice] = demoPeople.humans;
    const mallory = { ...alice, name: hostile, email: hostile, groups: [hostile] };
    lure = await startProvider({ humans: [mallory], deviceClientName: hostile });
  });
  afterAll(() => lure.close());

  it.each(['the link', 'the form'])('is never HTML: the code in %s', async (where) => {
    if (where === 'the link') {
      await visitor.page.goto(`${login.address}?user_code=${encodeURIComponent(hostile)}`);
    } else {
      await visitor.page.goto(login.address);
      await visitor.page
        .locator('#user_code')
        .evaluate((input) => input.removeAttribute('maxlength'));
      await type(hostile);
    }
    await at('Log in');
    expect(await problem()).toContain('No login is waiting');
    expect(await visitor.page.content()).not.toContain('onerror');
  });

  it('is never HTML: the name of a client, and of a human', async () => {
    await visitor.leave();
    visitor = await visit(browser, lure.issuer, phone);
    const lured = await startDeviceLogin(lure.issuer);
    await visitor.page.goto(lured.link);
    await at('Is this your code?');
    expect(await visitor.page.locator('main p').first().innerText()).toContain(shown);
    expect(await unreadable(visitor.page)).toEqual([]);
    await visitor.photograph('hostile client');
    await press('Yes, continue');
    await at('Who are you?');
    expect(await visitor.page.locator('b').innerText()).toBe(shown);
    expect(await visitor.page.locator('main img, main script').count()).toBe(0);
    expect(await unreadable(visitor.page)).toEqual([]);
    await visitor.photograph('hostile human');
    await press('Log in');
    await at('Done');
    expect(await lured.outcome()).toBe('human-alice');
  });
});

const forgetComplaints = () => (visitor.complaints as string[]).splice(0);
/** Chromium tells the console of every answer that is an error. */
const forgetExpected = (message: string) => {
  expect(forgetComplaints()).toEqual([expect.stringContaining(message)]);
};
const forgetExpected404 = () => forgetExpected('status of 404');
