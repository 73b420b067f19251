import { OutboundFailed } from './outbound-failed.js';

/**
 * Checks an address before anything is sent to it: HTTPS, or plain HTTP on a loopback address where the
 * configuration allows that. Addresses with a user or password are refused.
 *
 * @throws {@link OutboundFailed} `address_refused`
 */
export function outboundAddress(address: string, allowInsecureHttp: boolean): URL {
  const url = URL.parse(address);
  if (url === null) throw refused('it is not an absolute URL');
  if (url.username !== '' || url.password !== '') throw refused('it holds a user or password');
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw refused('expected an https address');
  if (!allowInsecureHttp) throw refused('expected https; http needs "allowInsecureHttp"');
  if (!isLoopback(url.hostname)) throw refused('http is for loopback addresses only');
  return url;
}

/** `URL` has normalised the host: `127.1` and `2130706433` are `127.0.0.1` here. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function refused(why: string): OutboundFailed {
  return new OutboundFailed('address_refused', `the address is refused: ${why}`);
}
