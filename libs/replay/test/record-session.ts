import type { AuditCommand } from '@drawbridge/contracts';
import type { SandboxCluster } from '@drawbridge/sandbox-cluster';
import type { RecordedBodies, RecordedBody, RecordedCall } from '../src/index.js';
import { callCluster } from './call-cluster.js';
import { command } from './story-samples.js';

const PATH =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/;
/** What is not there, is `''`. */
function partsOf(path: string) {
  const groups = PATH.exec(path)?.groups;
  const part = (name: string): string => groups?.[name] ?? '';
  return {
    ...{ apiGroup: part('group'), apiVersion: part('core') + part('version') },
    ...{ resource: part('resource'), name: part('name'), subresource: part('subresource') },
    namespace: part('resource') === 'namespaces' ? part('name') : part('namespace'),
  };
}
const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
};

const json = 'application/json';
const sentBody = ({ body, contentType = json }: SessionCall) =>
  body === undefined ? undefined : { contentType, text: JSON.stringify(body) };

export interface SessionCall {
  readonly query?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

/** Makes calls as an agent would and keeps of them what a gateway records. */
export class SessionRecorder {
  readonly calls: RecordedCall[] = [];

  constructor(
    private readonly cluster: SandboxCluster,
    private readonly options: { readonly before: boolean } = { before: true },
  ) {}

  async call(method: string, path: string, given: SessionCall = {}): Promise<string> {
    const { query, accept } = { query: '', accept: json, ...given };
    const named = this.#commandOf(method, path, query);
    const before = await this.#before(named);
    const sent = sentBody(given);
    const answer = await callCluster(this.cluster)({
      ...{ method, accept, target: query === '' ? path : `${path}?${query}` },
      ...(sent && { body: sent.text, contentType: sent.contentType }),
    });
    const bodies: RecordedBodies = {
      ...(sent && { request: sent }),
      ...(before && { before }),
      response: { contentType: json, text: answer.body },
    };
    const requestBytes = sent?.text.length ?? 0;
    this.calls.push({ command: { ...named, statusCode: answer.status, requestBytes }, bodies });
    return answer.body;
  }

  #commandOf(method: string, path: string, query: string): AuditCommand {
    const parts = partsOf(path);
    const [reading, deleting] =
      parts.name === '' ? ['list', 'deletecollection'] : ['get', 'delete'];
    const verb = { GET: reading, DELETE: deleting, ...verbs }[method] ?? '';
    return command(this.calls.length + 1, { method, path, query, verb, ...parts });
  }

  async #before({
    verb,
    name,
    subresource,
    path,
  }: AuditCommand): Promise<RecordedBody | undefined> {
    const isWrite = ['update', 'patch', 'delete'].includes(verb) || subresource === 'eviction';
    if (!this.options.before || !isWrite || name === '') return undefined;
    const target = subresource === '' ? path : path.replace(/\/[^/]+$/, '');
    const made = { method: 'GET', target, accept: json };
    const { status, body } = await callCluster(this.cluster)(made);
    return status === 200
      ? { contentType: json, text: body }
      : { contentType: json, cut: 'before_not_found' };
  }
}
