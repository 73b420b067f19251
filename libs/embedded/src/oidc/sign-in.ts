import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { errors, type Provider } from 'oidc-provider';
import type { DemoHuman } from './demo-people.js';
import { endedPage, peoplePage } from './pages.js';

/**
 * The login step of the device flow: `GET` shows who there is to choose from, `POST human=<id>` logs in,
 * `POST cancel=yes` ends the login. `second_factor=yes` makes it a stronger one.
 */
export async function signIn(
  provider: Provider,
  humans: readonly DemoHuman[],
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  try {
    const { uid } = await provider.interactionDetails(request, response);
    const posted = request.method === 'POST';
    const form = new URLSearchParams(posted ? await text(request) : '');
    const human = humans.find(({ id }) => id === form.get('human'));
    if (form.has('cancel')) {
      await provider.interactionFinished(request, response, { error: 'access_denied' });
    } else if (human === undefined) {
      show(response, 200, peoplePage(`/interaction/${uid}`, humans, posted));
    } else {
      await provider.interactionFinished(request, response, {
        login: { accountId: human.id, ...strengthOf(form) },
      });
    }
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    show(response, 404, endedPage());
  }
}

/** `acr` of a login with a password alone, and of one with a security key. */
export const loginClasses: readonly ['pwd', 'phr'] = ['pwd', 'phr'];

const strengthOf = (form: URLSearchParams) =>
  form.has('second_factor') ? { acr: 'phr', amr: ['pwd', 'hwk'] } : { acr: 'pwd', amr: ['pwd'] };

function show(response: ServerResponse, status: number, html: string): void {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(html);
}
