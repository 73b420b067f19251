import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A directory beside an identity provider, over HTTP, that believes one token. */
export interface DirectoryUnderTest {
  readonly address: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** Groups by subject; who is not in it is not there. */
  readonly people: Map<string, readonly string[]>;
  /** Answers instead, while it is set. */
  answer: Answer | undefined;
  close(): Promise<void>;
}

export async function startDirectory(token: string): Promise<DirectoryUnderTest> {
  const people = new Map<string, readonly string[]>();
  const asked: string[] = [];
  const honest: Answer = ({ url = '', headers }, response) => {
    if (headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
      return;
    }
    const [, subject = ''] = /^\/users\/([^/]*)\/groups$/.exec(url) ?? [];
    const groups = people.get(decodeURIComponent(subject));
    response.writeHead(groups === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(groups?.map((name) => ({ profile: { name } })) ?? {}));
  };
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    (directory.answer ?? honest)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const directory: DirectoryUnderTest = {
    address: `http://127.0.0.1:${String(port)}`,
    asked,
    people,
    answer: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return directory;
}
