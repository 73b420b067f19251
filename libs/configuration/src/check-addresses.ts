import type { ConnectionDocument, IssuerDocument, WebhookDocument } from '@drawbridge/contracts';
import { entriesOf, error, type Check, type Entry, type Finding } from './entry.js';

/** Addresses that a token or a credential is sent to are what they seem, and hold no secret themselves. */
export const checkAddresses: Check = ({ entries }) => [
  ...entriesOf(entries, 'Issuer').flatMap((entry) => [
    ...checkIssuer(entry),
    ...checkWebClient(entry),
    ...checkDirectory(entry),
  ]),
  ...entriesOf(entries, 'Connection').flatMap(checkConnection),
  ...entriesOf(entries, 'Risk').flatMap((entry) =>
    entry.document.spec.model === undefined
      ? []
      : checkSecure(entry, ['spec', 'model', 'url'], entry.document.spec.model),
  ),
  ...entriesOf(entries, 'Webhook').flatMap((entry) => [
    ...checkSecure(entry, ['spec', 'url'], entry.document.spec),
    ...checkTicketState(entry),
  ]),
];

function checkIssuer(entry: Entry<IssuerDocument>): Finding[] {
  const { issuer, allowInsecureHttp } = entry.document.spec;
  return checkSecure(entry, ['spec', 'issuer'], { url: issuer, allowInsecureHttp });
}

/** Whoever chooses a subject must not choose the server that is sent our token. */
function checkDirectory(entry: Entry<IssuerDocument>): Finding[] {
  const { directory, allowInsecureHttp } = entry.document.spec;
  if (directory === undefined) return [];
  const path = ['spec', 'directory', 'url'];
  const url = new URL(directory.url.replace('{subject}', 'x'));
  const other = new URL(directory.url.replace('{subject}', 'y'));
  if (url.origin !== other.origin)
    return [error(entry, path, '"{subject}" must stand in the path')];
  const plain = { url: `${url.origin}${url.pathname}`, allowInsecureHttp };
  const findings = checkSecure(entry, path, plain);
  if (url.username === '' && url.password === '') return findings;
  return [...findings, error(entry, path, 'must hold no user and no password')];
}

/** Whoever names a ticket must not choose the server that is sent our token. */
function checkTicketState(entry: Entry<WebhookDocument>): Finding[] {
  const { ticketState, allowInsecureHttp } = entry.document.spec;
  if (ticketState === undefined) return [];
  const path = ['spec', 'ticketState', 'url'];
  const [url, other] = ['X-1', 'Y-2'].map(
    (ticket) => new URL(ticketState.url.replace('{ticket}', ticket)),
  );
  if (url === undefined || url.origin !== other?.origin || url.hash !== '') {
    return [error(entry, path, '"{ticket}" must stand in the path or the query')];
  }
  const plain = { url: `${url.origin}${url.pathname}`, allowInsecureHttp };
  const findings = checkSecure(entry, path, plain);
  if (url.username === '' && url.password === '') return findings;
  return [...findings, error(entry, path, 'must hold no user and no password')];
}

export function checkSecure(
  entry: Entry,
  path: readonly string[],
  {
    url: address,
    allowInsecureHttp,
  }: { readonly url: string; readonly allowInsecureHttp: boolean },
): Finding[] {
  const url = new URL(address);
  const findings = checkPlain(entry, url, path);
  if (url.protocol === 'https:') return findings;
  if (url.protocol !== 'http:')
    return [...findings, error(entry, path, 'expected an https address')];
  if (!isLoopback(url.hostname)) {
    return [...findings, error(entry, path, 'expected https; http is for a loopback address only')];
  }
  if (allowInsecureHttp) return findings;
  return [...findings, error(entry, path, 'http needs "allowInsecureHttp: true"')];
}

/** What proves a login to approval must not open the API, so that nobody who gets hold of it can call as its bearer. */
function checkWebClient(entry: Entry<IssuerDocument>): Finding[] {
  const { audiences, login } = entry.document.spec;
  if (login?.web === undefined || !audiences.includes(login.web.clientId)) return [];
  const message = 'is one of the "audiences": its ID tokens would be taken as access tokens';
  return [error(entry, ['spec', 'login', 'web', 'clientId'], message)];
}

function checkConnection(entry: Entry<ConnectionDocument>): Finding[] {
  const { server, certificateAuthorityFile, credential } = entry.document.spec;
  const path = ['spec', 'server'];
  if (server !== undefined) return checkPlain(entry, new URL(server), path);
  if (credential.type !== 'eks' && credential.type !== 'serviceAccount') {
    return [error(entry, path, 'expected an https address')];
  }
  if (certificateAuthorityFile === undefined) return [];
  const message = 'stands for a "server" only: without one both are looked up';
  return [error(entry, ['spec', 'certificateAuthorityFile'], message)];
}

function checkPlain(entry: Entry, url: URL, path: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  if (url.username !== '' || url.password !== '') {
    findings.push(error(entry, path, 'must hold no user and no password'));
  }
  if (url.search !== '' || url.hash !== '') {
    findings.push(error(entry, path, 'must hold no query and no fragment'));
  }
  return findings;
}

/** Of a name or address as it stands in a URL. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/u.test(hostname);
}
