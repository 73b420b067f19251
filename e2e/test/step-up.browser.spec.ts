/// <reference lib="dom" />
import type { Browser } from 'playwright-core';
import { Closers } from '@drawbridge/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unreadable } from '../src/browser-readability.js';
import { startBrowser, visit, type Visitor } from '../src/browser.js';
import { startStepUpWorld, type StepUpWorld } from '../src/step-up-world.js';

let browser: Browser;
let world: StepUpWorld;
let visitor: Visitor;
/** A refusal is a page with a status that the browser also tells of. */
let isRefused = false;

const arrive = (options = {}) =>
  visit(browser, [world.approvals, world.identityProvider.issuer], options);
const closers = new Closers();

beforeAll(async () => {
  browser = await startBrowser();
  closers.add(() => browser.close());
  world = await startStepUpWorld();
  closers.add(() => world.stop());
});
afterAll(() => closers.close());
beforeEach(async () => {
  isRefused = false;
  visitor = await arrive();
});
afterEach(async () => {
  await visitor.leave();
  const told = /^console: Failed to load resource: the server responded with a status of 40[03]/;
  expect(visitor.complaints.filter((one) => !isRefused || !told.test(one))).toEqual([]);
});

const at = (name: string) =>
  visitor.page.getByRole('heading', { level: 1, name }).waitFor({ timeout: 60_000 });
const press = (name: string) => visitor.page.getByRole('button', { name, exact: true }).click();
const words = () => visitor.page.locator('main').innerText();
const logIn = async (name: RegExp, withKey = true) => {
  await at('Who are you?');
  await visitor.page.getByRole('radio', { name }).check();
  if (withKey) await visitor.page.getByRole('checkbox', { name: 'With a security key' }).check();
  await press('Log in');
};
const approvalsOf = async (id: string) =>
  (await world.history(id)).flatMap((event) =>
    event.type === 'ApprovalGiven' ? [event.data] : [],
  );

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

describe.each([
  { on: 'a desk', options: {} },
  { on: 'a phone in the dark', options: { ...phone, colorScheme: 'dark' } },
  { on: 'a desk without JavaScript', options: { javaScriptEnabled: false } },
])('on $on', ({ on, options }) => {
  it('an approver follows the link of the card, logs in, reads, and approves', async () => {
    await visitor.leave();
    visitor = await arrive(options);
    const { id, link } = await world.ask();
    await visitor.page.goto(link);
    await logIn(/^Alice/);
    await at('Approve this access?');
    await visitor.photograph(`step-up on ${on}`);
    for (const fact of ['agent-oncall', 'prod-eks', '15 minutes', 'INC-4211', 'high'])
      expect(await words()).toContain(fact);
    expect(await words()).toContain('readiness probe <b>failing</b>');
    if (!('javaScriptEnabled' in options)) expect(await unreadable(visitor.page)).toEqual([]);
    expect(await approvalsOf(id)).toEqual([]);
    await press('Approve as alice@corp.test');
    await at('Approved');
    expect(await approvalsOf(id)).toMatchObject([
      {
        approver: { subject: 'human-alice', groups: ['sre-oncall'] },
        via: 'step_up',
        proof: { issuer: world.identityProvider.issuer, acr: 'phr', amr: ['pwd', 'hwk'] },
      },
    ]);
  });
});

it('a session of before is not enough: the next approval asks for a login again', async () => {
  const [first, second] = [await world.ask(), await world.ask()];
  await visitor.page.goto(first.link);
  await logIn(/^Alice/);
  await at('Approve this access?');
  await visitor.page.goto(second.link);
  await at('Who are you?');
  await logIn(/^Alice/);
  await at('Approve this access?');
  await press('Approve as alice@corp.test');
  await at('Approved');
  expect(await approvalsOf(first.id)).toEqual([]);
  expect(await approvalsOf(second.id)).toMatchObject([{ approver: { subject: 'human-alice' } }]);
});

it('a login without the key is refused with words, and can be made again', async () => {
  isRefused = true;
  const { id, link } = await world.ask();
  await visitor.page.goto(link);
  await logIn(/^Alice/, false);
  await at('Not approved');
  expect(await words()).toContain('log in again with a second factor');
  await visitor.photograph('step-up too weak');
  await visitor.page.getByRole('link', { name: 'Log in again' }).click();
  await logIn(/^Alice/);
  await at('Approve this access?');
  await press('Approve as alice@corp.test');
  await at('Approved');
  expect(await approvalsOf(id)).toHaveLength(1);
});

it('another browser with the same state is refused', async () => {
  isRefused = true;
  const { id, link } = await world.ask();
  await visitor.page.goto(link);
  await logIn(/^Alice/);
  await at('Approve this access?');
  const stolen = visitor.page.url();
  expect(stolen).toContain('state=');
  const other = await arrive();
  await other.page.goto(stolen);
  await other.page.getByRole('heading', { level: 1, name: 'Not approved' }).waitFor();
  expect(await other.page.locator('main').innerText()).toContain('belongs to another browser');
  await other.leave();
  expect(await approvalsOf(id)).toEqual([]);
});

it('whoever may not approve is told why, and shown nothing', async () => {
  isRefused = true;
  const { link } = await world.ask();
  await visitor.page.goto(link);
  await logIn(/^Dana/);
  await at('Not approved');
  expect(await words()).toContain('owner');
  expect(await words()).not.toContain('prod-eks');
});

it('a human who cancels the login has approved nothing', async () => {
  isRefused = true;
  const { id, link } = await world.ask();
  await visitor.page.goto(link);
  await at('Who are you?');
  await press('Cancel');
  await at('Not approved');
  expect(await words()).toContain('not logged in');
  expect(await approvalsOf(id)).toEqual([]);
});
