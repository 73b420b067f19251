import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestTimeStamper {
  readonly url: string;
  /** PEM of the authority that vouches for it. */
  readonly roots: string;
  /** Files for `openssl`, and whatever a test puts there. */
  readonly directory: string;
  /** How many questions came. */
  readonly asked: () => number;
  /** What it answers with from now on instead of stamps: a status, or bytes with 200. */
  answerWith(instead: number | Uint8Array | undefined): void;
  /** The answer to one question, without HTTP. */
  stamp(query: Uint8Array, options?: StampOptions): Promise<Uint8Array>;
  stop(): Promise<void>;
}

export interface StampOptions {
  /** Which of its certificates: `other` is not for timestamps. @default tsa */
  readonly as?: 'tsa' | 'tsa-ec' | 'other';
  readonly digest?: 'sha256' | 'sha512';
}

const config = (directory: string): string => `
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[tsa]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[other]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,serverAuth
[stamps]
serial = ${directory}/serial
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
`;

/** A time stamper as `openssl ts` is one, RFC 3161, on a loopback address, with an authority of its own. */
export async function startTimeStamper(): Promise<TestTimeStamper> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-tsa-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory, timeout: 30_000 });
  await writeFile(join(directory, 'tsa.conf'), config(directory));
  await writeFile(join(directory, 'serial'), '01');
  await makeCertificates(openssl);
  let asked = 0;
  let instead: number | Uint8Array | undefined;
  const stamp = async (query: Uint8Array, { as = 'tsa', digest = 'sha256' }: StampOptions = {}) => {
    const own = await mkdtemp(join(directory, 'query-'));
    await writeFile(join(own, 'in'), query);
    const key = ['-signer', `${as}.pem`, '-inkey', `${as}.key`, `-${digest}`, '-chain', 'ca.pem'];
    const files = ['-queryfile', join(own, 'in'), '-out', join(own, 'out')];
    await openssl('ts', '-reply', '-config', 'tsa.conf', '-section', 'stamps', ...key, ...files);
    return readFile(join(own, 'out'));
  };
  const server = createServer((request, response) => {
    void (async () => {
      asked += 1;
      const pieces: Buffer[] = [];
      for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
      const isQuery = request.headers['content-type'] === 'application/timestamp-query';
      if (!isQuery || typeof instead === 'number') {
        response.writeHead(typeof instead === 'number' ? instead : 415).end();
        return;
      }
      const reply = instead ?? (await stamp(Buffer.concat(pieces)));
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(reply);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    roots: await readFile(join(directory, 'ca.pem'), 'utf8'),
    directory,
    asked: () => asked,
    answerWith: (answer) => {
      instead = answer;
    },
    stamp,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function makeCertificates(openssl: (...args: string[]) => Promise<unknown>): Promise<void> {
  const newKey = (name: string, ...how: string[]) =>
    openssl('genpkey', '-out', `${name}.key`, '-algorithm', ...how);
  await Promise.all([
    newKey('ca', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'),
    newKey('tsa', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'),
    newKey('tsa-ec', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'),
    newKey('other', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'),
  ]);
  const common = ['-config', 'tsa.conf', '-new', '-x509', '-days', '30'];
  await openssl(
    ...['req', ...common, '-key', 'ca.key', '-subj', '/CN=Test Roots', '-extensions', 'ca'],
    ...['-out', 'ca.pem'],
  );
  for (const [name, extensions] of [
    ['tsa', 'tsa'],
    ['tsa-ec', 'tsa'],
    ['other', 'other'],
  ] as const) {
    await openssl(
      ...['req', '-config', 'tsa.conf', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`],
      ...['-out', `${name}.csr`],
    );
    await openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '20'],
      ...['-set_serial', String(name.length), '-extfile', 'tsa.conf', '-extensions', extensions],
      ...['-out', `${name}.pem`],
    );
  }
}
