import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { errors, type Provider } from 'oidc-provider';
import type { DemoHuman } from './demo-people.js';
import { failedPage, peoplePage } from './pages.js';

/** The login step of the device flow: `GET` shows who there is to choose from, `POST human=<id>` logs in. */
export async function signIn(
  provider: Provider,
  humans: readonly DemoHuman[],
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  try {
    const { uid } = await provider.interactionDetails(request, response);
    const human = request.method === 'POST' ? await chosenHuman(request, humans) : undefined;
    if (human === undefined) {
      show(response, 200, peoplePage(`/interaction/${uid}`, humans));
      return;
    }
    await provider.interactionFinished(request, response, { login: { accountId: human.id } });
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    show(response, 404, failedPage());
  }
}

async function chosenHuman(request: IncomingMessage, humans: readonly DemoHuman[]) {
  const chosen = new URLSearchParams(await text(request)).get('human');
  return humans.find(({ id }) => id === chosen);
}

function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}
