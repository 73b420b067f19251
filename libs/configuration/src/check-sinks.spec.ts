import { describe, expect, it } from 'vitest';
import { configurationOf, documents, problemsOf } from '../test/configuration-of.js';

const sink = (spec: string, name = 's') =>
  `apiVersion: drawbridge.dev/v1alpha1\nkind: Sink\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
const to = (target: string, more = '') => sink(`{${more}to: {${target}}}`);
const otlp = (more = '') => to(`type: otlp, url: 'https://c.corp.test/v1/logs'${more}`);
const syslog = (more = '') => to(`type: syslog, host: siem.corp.test${more}`);
const s3 = (more = '') => to(`type: s3, bucket: audit-log${more}`);
const problems = (...texts: readonly string[]) =>
  problemsOf(documents(...texts)).map((problem) => problem.replace(/^\d+:\d+ /, ''));

describe('a sink', () => {
  it('is read with its defaults, and the paths of its files', () => {
    const text = documents(
      sink(
        `{types: [GrantIssued], to: {type: otlp, url: 'https://c.corp.test/v1/logs', headers: [{name: Authorization, valueFile: secrets/t}], certificateAuthorityFile: ca.pem}}`,
        'a',
      ),
      sink(
        '{from: first, to: {type: syslog, host: siem, clientCertificateFile: c, clientKeyFile: k}}',
        'b',
      ),
      sink(
        '{to: {type: s3, bucket: b-1, prefix: a/, accessKeyIdFile: i, secretAccessKeyFile: /s}}',
        'c',
      ),
    );
    const { sinks } = configurationOf({ '/config/deep/f': text });
    expect(sinks.map(({ spec }) => spec)).toStrictEqual([
      {
        types: ['GrantIssued'],
        from: 'now',
        to: {
          type: 'otlp',
          url: 'https://c.corp.test/v1/logs',
          headers: [{ name: 'Authorization', valueFile: '/config/deep/secrets/t' }],
          compression: 'gzip',
          certificateAuthorityFile: '/config/deep/ca.pem',
          allowInsecureHttp: false,
        },
      },
      {
        from: 'first',
        to: {
          type: 'syslog',
          host: 'siem',
          port: 6514,
          transport: 'tls',
          clientCertificateFile: '/config/deep/c',
          clientKeyFile: '/config/deep/k',
          facility: 13,
          confirmation: 'close',
        },
      },
      {
        from: 'now',
        to: {
          type: 's3',
          bucket: 'b-1',
          prefix: 'a/',
          region: 'us-east-1',
          accessKeyIdFile: '/config/deep/i',
          secretAccessKeyFile: '/s',
          intervalSeconds: 60,
          allowInsecureHttp: false,
        },
      },
    ]);
  });

  it.each([
    ['no target', sink('{}'), /^spec\.to: /],
    ['a target of no kind', to('type: kafka'), /^spec\.to\.type: /],
    [
      'a type that nothing has',
      sink('{types: [Nope], to: {type: s3, bucket: abc}}'),
      /^spec\.types\[0\]: /,
    ],
    [
      'an unknown stream',
      sink('{streams: [PARKED], to: {type: s3, bucket: abc}}'),
      /^spec\.streams\[0\]: /,
    ],
    ['no stream', sink('{streams: [], to: {type: s3, bucket: abc}}'), /^spec\.streams: /],
    ['a field of another kind', s3(', url: x'), /^spec\.to\.url: /],
    [
      'a secret in the file',
      otlp(', headers: [{name: A, valueFile: f, value: secret}]'),
      /^spec\.to\.headers\[0\]\.value/,
    ],
    [
      'a header that is two',
      otlp(', headers: [{name: "A\\r\\nB", valueFile: f}]'),
      /^spec\.to\.headers\[0\]\.name: /,
    ],
    ['a host that is more', to('type: syslog, host: "a b"'), /^spec\.to\.host: /],
    ['a host with a line break', to('type: syslog, host: "a\\nb"'), /^spec\.to\.host: /],
    ['a HOSTNAME with a line break', syslog(', hostname: "a\\nb"'), /^spec\.to\.hostname: /],
    ['no port', syslog(', port: 0'), /^spec\.to\.port: /],
    ['a bucket that is a path', to('type: s3, bucket: a/../b'), /^spec\.to\.bucket: /],
    ['a prefix that leaves it', s3(', prefix: ../x/'), /^spec\.to\.prefix: /],
    ['a prefix that is half a name', s3(', prefix: x'), /^spec\.to\.prefix: /],
  ])('is refused with %s', (_, text, message) =>
    expect(problems(text)).toStrictEqual([expect.stringMatching(message)]),
  );

  it.each([
    [
      'a type of another stream',
      sink('{streams: [HOLDS], types: [HoldDenied, GrantIssued], to: {type: s3, bucket: abc}}'),
      'spec.types[1]: "GrantIssued" is on none of the "streams"',
    ],
    [
      'plain HTTP to another machine',
      otlp().replace('https', 'http'),
      'spec.to.url: expected https; http is for a loopback address only',
    ],
    [
      'a password in the address',
      otlp().replace('c.corp', 'u:p@c.corp'),
      'spec.to.url: must hold no user and no password',
    ],
    [
      'plain HTTP that nobody asked for',
      otlp().replace('https://c.corp.test', 'http://127.0.0.1:1'),
      'spec.to.url: http needs "allowInsecureHttp: true"',
    ],
    [
      'a header of the request itself',
      otlp(', headers: [{name: Content-Length, valueFile: f}]'),
      'spec.to.headers[0].name: is a header that Drawbridge writes itself',
    ],
    [
      'a header twice',
      otlp(', headers: [{name: A, valueFile: f}, {name: a, valueFile: f}]'),
      'spec.to.headers[1].name: "a" is there already',
    ],
    [
      'plain TCP to another machine',
      syslog(', transport: tcp'),
      'spec.to.transport: expected tls; tcp is for a loopback address only',
    ],
    [
      'an authority that nothing is checked with',
      syslog(', transport: tcp, certificateAuthorityFile: f').replace('siem.corp.test', '"::1"'),
      'spec.to.certificateAuthorityFile: is for "transport: tls" only',
    ],
    [
      'a certificate without its key',
      syslog(', clientCertificateFile: f'),
      'spec.to.clientCertificateFile: needs "clientKeyFile"',
    ],
    [
      'half an access key',
      s3(', secretAccessKeyFile: f'),
      'spec.to.secretAccessKeyFile: needs "accessKeyIdFile"',
    ],
    [
      'a store in clear',
      s3(", endpoint: 'http://s3.corp.test'"),
      'spec.to.endpoint: expected https; http is for a loopback address only',
    ],
  ])('is refused with %s', (_, text, problem) => expect(problems(text)).toStrictEqual([problem]));

  it('does not write where another does', () => {
    const other = s3().replace('{name: s}', '{name: t}');
    expect(problems(s3(), other)).toStrictEqual([
      'spec.to.prefix: another Sink writes to this bucket and prefix',
    ]);
    expect(problems(s3(), other.replace('audit-log', 'audit-log, prefix: t/'))).toStrictEqual([]);
  });

  it('may speak plain TCP on its own machine', () =>
    expect(
      problems(syslog(', transport: tcp').replace('siem.corp.test', 'localhost')),
    ).toStrictEqual([]));
});

describe('the certificate that a collector is shown', () => {
  it('is a pair, for https, and is read where the document stands', () => {
    const pair = ', clientCertificateFile: c, clientKeyFile: k';
    const { sinks } = configurationOf({ '/config/deep/f': documents(otlp(pair)) });
    expect(sinks[0]?.spec.to).toMatchObject({
      ...{ clientCertificateFile: '/config/deep/c', clientKeyFile: '/config/deep/k' },
    });
    expect(problems(otlp(', clientKeyFile: k'))).toStrictEqual([
      'spec.to.clientKeyFile: needs "clientCertificateFile"',
    ]);
    const plain = `type: otlp, url: 'http://127.0.0.1/v1/logs', allowInsecureHttp: true${pair}`;
    expect(problems(to(plain))).toStrictEqual([
      'spec.to.clientCertificateFile: is for an https address only',
      'spec.to.clientKeyFile: is for an https address only',
    ]);
  });
});
