import { describe, expect, it } from 'vitest';
import { parseKubeRequest } from '../domain/kube-request.js';
import { sendsArchive } from './sends-archive.js';

const sends = (argv: readonly string[], more = '', subresource = 'exec') => {
  const query = argv.map((word) => `command=${encodeURIComponent(word)}`).join('&');
  const target = `/api/v1/namespaces/payments/pods/web-0/${subresource}?stdout=true&${query}${more}`;
  return sendsArchive(parseKubeRequest('POST', target));
};

describe('what a command prints is an archive', () => {
  it.each([
    [['tar', 'cf', '-', '/data']],
    [['/bin/tar', '-c', '-f', '-', '/data']],
    [['sh', '-c', 'tar cf - /data | tail -c+100']],
  ])('%j', (argv) => {
    expect(sends(argv)).toBe(true);
    expect(sends(argv, '&tty=true')).toBe(false);
    expect(sends(argv, '', 'attach')).toBe(false);
  });

  it.each([
    [['tar', '-xmf', '-', '-C', '/data']],
    [['tar', 'cf', '/tmp/all.tar', '/data']],
    [['rsync', '--server', '--sender', '.', '/data']],
    [['sh', '-c', 'echo tar cf - /data']],
    [[]],
  ])('not that of %j', (argv) => {
    expect(sends(argv)).toBe(false);
  });

  it('not what answers another call', () => {
    expect(sendsArchive(parseKubeRequest('GET', '/version?command=tar'))).toBe(false);
  });
});
