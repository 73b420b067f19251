import type { DemoHuman } from './demo-people.js';

/** Enough for the longest honest chain of redirects of one form. */
const MAX_REDIRECTS = 5;

/** Who logs in, and how. */
export interface DeviceApprover extends Pick<DemoHuman, 'id'> {
  /** @default false */
  readonly secondFactor?: boolean;
}

/**
 * Logs a human in for a device code as a browser would: the same pages, forms, cookies and redirects.
 *
 * @param verificationUri - `verification_uri` of the device authorization response
 * @throws `Error` when the provider does not end on its "Done" page
 */
export async function approveDevice(
  verificationUri: string,
  userCode: string,
  human: DeviceApprover,
): Promise<void> {
  const browser = new Browser();
  const codePage = await browser.open(verificationUri);
  const confirmPage = await browser.submit(codePage, { user_code: userCode });
  const peoplePage = await browser.submit(confirmPage, {});
  const donePage = await browser.submit(peoplePage, {
    human: human.id,
    ...(human.secondFactor === true ? { second_factor: 'yes' } : {}),
  });
  if (!donePage.html.includes('<h1>Done</h1>')) throw unexpected(donePage);
}

interface Page {
  readonly url: string;
  readonly html: string;
}

/** Just enough of a browser for plain HTML forms: keeps cookies, follows redirects, fills in fields. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async open(url: string, init: RequestInit = {}, redirects = 0): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, headers: { cookie }, redirect: 'manual' });
    for (const header of response.headers.getSetCookie()) this.#keep(header);
    const location = response.headers.get('location');
    if (location === null || redirects === MAX_REDIRECTS) {
      return { url, html: await response.text() };
    }
    return this.open(new URL(location, url).href, {}, redirects + 1);
  }

  /** Sends the page's form with its hidden fields and `fields`. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = /<form[^>]* action="([^"]+)"/.exec(page.html)?.[1];
    if (action === undefined) throw unexpected(page);
    const hidden = page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of hidden) body.set(name, value);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return this.open(new URL(action, page.url).href, { method: 'POST', body });
  }

  #keep(header: string): void {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(header) ?? [];
    if (name === undefined || value === undefined) return;
    if (value === '' || /expires=Thu, 01 Jan 1970/i.test(header)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

function unexpected({ url, html }: Page): Error {
  const heading = /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? html.slice(0, 200);
  return new Error(`unexpected page at ${new URL(url).pathname}: ${heading}`);
}
