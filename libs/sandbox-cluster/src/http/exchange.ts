import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { stringify } from 'yaml';
import { ApiStatus, badRequest } from '../api-status.js';
import type { Json } from '../json.js';

const compress = promisify(gzip);
/** The API server compresses from here on. */
const gzipFromBytes = 128 * 1024;

/** Who calls. */
export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

/** One request with its answer. */
export class Exchange {
  readonly auditId: string;
  readonly path: string;
  readonly query: URLSearchParams;
  private readonly warnings: string[] = [];

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {
    const target = request.url ?? '/';
    const [path = '/', ...query] = target.split('?');
    this.auditId = this.header('audit-id') ?? randomUUID();
    response.setHeader('Audit-Id', this.auditId);
    response.setHeader('Cache-Control', 'no-cache, private');
    this.path = decodePath(path);
    this.query = new URLSearchParams(query.join('?'));
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  }

  /** Adds a `Warning` header, which kubectl prints. */
  readonly warn = (message: string): void => {
    this.warnings.push(`299 - ${JSON.stringify(message)}`);
  };

  /** Answers with a JSON (or YAML) document. */
  async send(
    code: number,
    body: Json,
    mediaType: 'application/json' | 'application/yaml' = 'application/json',
  ): Promise<void> {
    const text = mediaType === 'application/yaml' ? stringify(body) : this.toJson(body);
    await this.sendText(code, text, mediaType);
  }

  /** Answers with text. */
  async sendText(code: number, text: string, contentType: string): Promise<void> {
    await this.sendBytes(code, Buffer.from(text, 'utf8'), contentType);
  }

  /** Answers with bytes, compressed when there are many and the client can read that. */
  async sendBytes(code: number, body: Buffer, contentType: string): Promise<void> {
    const { response } = this;
    this.writeWarnings();
    response.statusCode = code;
    response.setHeader('Content-Type', contentType);
    if (body.length >= gzipFromBytes && this.acceptsGzip()) {
      const compressed = await compress(body, { level: 1 });
      response.setHeader('Content-Encoding', 'gzip');
      response.setHeader('Vary', 'Accept-Encoding');
      response.end(compressed);
      return;
    }
    response.setHeader('Content-Length', body.length);
    response.end(this.method === 'HEAD' ? undefined : body);
  }

  /** Answers with a `Status`; a failure the API does not know is a 500 without its text. */
  async sendFailure(error: unknown): Promise<void> {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const status = error instanceof ApiStatus ? error : internalError();
    if (status.code === 401) this.response.setHeader('WWW-Authenticate', 'Bearer');
    await this.send(status.code, status.toStatus());
  }

  writeWarnings(): void {
    if (this.warnings.length > 0) this.response.setHeader('Warning', this.warnings);
  }

  private toJson(body: Json): string {
    const pretty = this.query.get('pretty');
    const isPretty =
      pretty === null
        ? /^(curl|Wget|Mozilla\/5\.0)/.test(this.header('user-agent') ?? '')
        : !['0', 'false'].includes(pretty.toLowerCase());
    return `${JSON.stringify(body, undefined, isPretty ? 2 : undefined)}\n`;
  }

  private acceptsGzip(): boolean {
    return (this.header('accept-encoding') ?? '').toLowerCase().includes('gzip');
  }
}

function internalError(): ApiStatus {
  return new ApiStatus({
    code: 500,
    reason: 'InternalError',
    message: 'Internal error occurred: the sandbox cluster failed to handle the request',
  });
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest('the path is not valid percent-encoding');
  }
}
