import { CliError } from '../cli-error.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * An address that a token may be sent to: `https`, or `http` on this machine. There is no way to leave the
 * check of certificates out.
 *
 * @param name - what the address is of, for the message
 * @throws CliError `server_insecure`
 */
export function safeAddress(text: string, name: string): URL {
  const url = URL.parse(text);
  const secure =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (url === null || !secure || url.username !== '' || url.password !== '') {
    throw new CliError(
      'server_insecure',
      `${name}: expected an https address without a user, not "${withoutUser(text)}"`,
      { advice: 'plain http is possible only to this machine itself' },
    );
  }
  return url;
}

/**
 * An address that a server has told: as safe as the one it was asked at, so that an `https` server cannot
 * lead to something in the clear.
 *
 * @throws CliError `server_insecure`
 */
export function toldAddress(text: string, name: string, toldBy: URL): URL {
  const url = safeAddress(text, name);
  if (toldBy.protocol === 'https:' && url.protocol !== 'https:') {
    throw new CliError(
      'server_insecure',
      `${toldBy.host} names a ${name} without https: ${url.href}`,
    );
  }
  return url;
}

const withoutUser = (text: string): string => text.replace(/\/\/[^/@]*@/, '//…@');
