import type { ServerResponse } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IssuerDocument } from '@drawbridge/contracts';
import { issuerFetch } from '../src/oidc/issuer-fetch.js';
import { fetchIssuerKeys } from '../src/oidc/fetch-issuer-keys.js';
import { goodKey, HostileIssuer, privateAuthority } from './hostile-issuer.js';

const METADATA = '/.well-known/openid-configuration';
let issuer: HostileIssuer;
beforeEach(async () => {
  issuer = await HostileIssuer.start();
});
afterEach(() => issuer.stop());

const specOf = (address: string, extra: object = {}) =>
  IssuerDocument.parse({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Issuer',
    metadata: { name: 'test' },
    spec: {
      issuer: address,
      audiences: ['drawbridge'],
      claims: { kind: 'agent' },
      allowInsecureHttp: true,
      ...extra,
    },
  }).spec;
const keysOf = (address = issuer.issuer, extra: object = {}) =>
  fetchIssuerKeys(specOf(address, extra));

describe('the keys of an issuer', () => {
  it('come from the address that its metadata names', async () => {
    expect(await keysOf()).toStrictEqual({ keys: [goodKey], ignored: 0 });
    expect(issuer.requested).toStrictEqual([METADATA, '/jwks']);
  });

  it('are looked for below the path of the issuer', async () => {
    const address = `${issuer.issuer}/tenant/v2.0`;
    issuer.metadata = () => ({ issuer: address, jwks_uri: `${issuer.issuer}/jwks` });
    expect((await keysOf(address)).keys).toStrictEqual([goodKey]);
    expect(issuer.requested[0]).toBe(`/tenant/v2.0${METADATA}`);
  });
});

const json = 'application/json';

describe('an issuer is refused', () => {
  it.each<[string, (honest: object) => unknown]>([
    ['of another name', (honest) => ({ ...honest, issuer: 'https://other.test' })],
    ['with a slash more', (honest) => ({ ...honest, issuer: `${issuer.issuer}/` })],
    ['without a name', (honest) => ({ ...honest, issuer: undefined })],
    ['with a name of another type', (honest) => ({ ...honest, issuer: [issuer.issuer] })],
    ['without keys', (honest) => ({ ...honest, jwks_uri: undefined })],
    ['whose metadata is no object', () => []],
  ])('%s', async (_, metadata) => {
    issuer.metadata = metadata;
    await expect(keysOf()).rejects.toMatchObject({ code: 'issuer_metadata_invalid' });
    expect(issuer.requested).toStrictEqual([METADATA]);
  });

  it.each([
    ['in a file', 'file:///etc/passwd'],
    ['inline', 'data:application/json,{"keys":[]}'],
    ['elsewhere without TLS', 'http://192.0.2.1/jwks'],
    ['behind a user and password', 'http://user:secret@127.0.0.1/jwks'],
    ['at no address', 'keys'],
  ])('whose keys are %s', async (_, address) => {
    issuer.metadata = (honest) => ({ ...honest, jwks_uri: address });
    await expect(keysOf()).rejects.toMatchObject({ code: 'issuer_address_refused' });
  });

  it('whose keys are read with another scheme than its metadata', async () => {
    issuer.metadata = (honest) => ({ ...honest, jwks_uri: 'https://127.0.0.1:1/jwks' });
    await expect(keysOf()).rejects.toMatchObject({ code: 'issuer_metadata_invalid' });
  });

  it.each([METADATA, '/jwks'])('that redirects %s, and the target is not asked', async (path) => {
    issuer.takeovers.set(path, (_request, response) => {
      response.writeHead(302, { location: `${issuer.issuer}/elsewhere` }).end();
    });
    await expect(keysOf()).rejects.toMatchObject({
      code: expect.stringContaining('issuer_') as string,
    });
    expect(issuer.requested).not.toContain('/elsewhere');
  });

  it.each([METADATA, '/jwks'])('that answers more than 1 MiB on %s', async (path) => {
    issuer.takeovers.set(path, (_request, response) => {
      response.setHeader('content-type', json).write('{"filler":"');
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await expect(keysOf()).rejects.toMatchObject({ code: 'issuer_response_too_large' });
  });

  it.each([
    ['an error', 500, json, '{}'],
    ['a page', 200, 'text/html', '<html></html>'],
    ['half of a document', 200, json, '{"issuer":'],
  ])('that answers with %s instead of metadata', async (...[, status, type, body]) => {
    issuer.takeovers.set(METADATA, (_request, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    await expect(keysOf()).rejects.toMatchObject({ code: 'issuer_metadata_invalid' });
  });

  it.each([
    ['an error', 503, '{"keys":[]}'],
    ['a page', 200, '<html></html>'],
    ['something else', 200, '{"key":[]}'],
    ['keys that are no array', 200, '{"keys":{}}'],
    ['keys twice', 200, '{"keys":[],"keys":[]}'],
  ])('that answers with %s instead of keys', async (_, status, body) => {
    issuer.takeovers.set('/jwks', (_request, response) => {
      response.writeHead(status, { 'content-type': json }).end(body);
    });
    await expect(keysOf()).rejects.toMatchObject({ code: 'issuer_keys_invalid' });
  });

  it('that hangs up', async () => {
    issuer.takeovers.set(METADATA, (request) => request.socket.destroy());
    await expect(keysOf()).rejects.toMatchObject({ code: 'issuer_unreachable' });
  });

  it('that is not there', async () => {
    await expect(keysOf('http://127.0.0.1:1')).rejects.toMatchObject({
      code: 'issuer_unreachable',
    });
  });

  it('that is reached without TLS where that is not allowed', async () => {
    const refused = { code: 'issuer_address_refused' };
    await expect(keysOf(issuer.issuer, { allowInsecureHttp: false })).rejects.toMatchObject(
      refused,
    );
    await expect(keysOf('http://192.0.2.1')).rejects.toMatchObject(refused);
    expect(issuer.requested).toStrictEqual([]);
  });
});

describe('a slow issuer', () => {
  it.each([
    ['says nothing', () => undefined],
    [
      'speaks one byte at a time',
      (response: ServerResponse) => {
        const timer = setInterval(() => response.write('x'), 20);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('is left when it %s', async (_, speak) => {
    issuer.takeovers.set('/slow', (_request, response) => speak(response));
    const options = { allowInsecureHttp: true, timeoutMs: 200 };
    await expect(issuerFetch(`${issuer.issuer}/slow`, options)).rejects.toMatchObject({
      code: 'issuer_unreachable',
    });
  });
});

describe('an issuer with a private authority', () => {
  let directory: string;
  let secure: HostileIssuer;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-issuer-'));
    const { ca, ...tls } = await privateAuthority();
    file = join(directory, 'ca.pem');
    await writeFile(file, ca);
    secure = await HostileIssuer.start(tls);
  });
  afterEach(async () => {
    await secure.stop();
    await rm(directory, { recursive: true });
  });

  it('is believed with that authority', async () => {
    const { keys } = await keysOf(secure.issuer, { certificateAuthorityFile: file });
    expect(keys).toStrictEqual([goodKey]);
  });

  it.each([
    ['without it', undefined],
    ['with another', 'other'],
  ])('is refused %s', async (_, which) => {
    const other = join(directory, 'other.pem');
    await writeFile(other, (await privateAuthority()).ca);
    const extra = which === undefined ? {} : { certificateAuthorityFile: other };
    await expect(keysOf(secure.issuer, extra)).rejects.toMatchObject({
      code: 'issuer_unreachable',
    });
    expect(secure.requested).toStrictEqual([]);
  });

  it('is refused while the file cannot be read', async () => {
    const extra = { certificateAuthorityFile: join(directory, 'none.pem') };
    await expect(keysOf(secure.issuer, extra)).rejects.toMatchObject({
      code: 'issuer_unreachable',
    });
  });

  it('is refused when it names keys without TLS', async () => {
    secure.metadata = (honest) => ({ ...honest, jwks_uri: `${issuer.issuer}/jwks` });
    const extra = { certificateAuthorityFile: file };
    await expect(keysOf(secure.issuer, extra)).rejects.toMatchObject({
      code: 'issuer_metadata_invalid',
    });
    expect(issuer.requested).toStrictEqual([]);
  });
});
