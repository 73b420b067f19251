/** One request line, and whether an ordinary client could send it: such a one must not be refused. */
export interface CorpusEntry {
  readonly method: string;
  readonly target: string;
  readonly ordinary: boolean;
}

type Pick = <Item>(items: readonly Item[]) => Item;

/** mulberry32: the same corpus for the same seed, on every machine. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'DELETE'];
const hostileMethods = [...methods, 'OPTIONS', 'TRACE', 'get', 'PROPFIND', 'LIST'];
const prefixes = [
  'api/v1',
  'apis/apps/v1',
  'apis/rbac.authorization.k8s.io/v1',
  'apis/metrics.k8s.io/v1beta1',
];
const names = [
  'web-0',
  'payments',
  'system:node:a',
  'system%3Anode',
  'a.b.c',
  'status',
  'watch',
  'proxy',
  'namespaces',
  'x@y',
];
const resources = [
  'pods',
  'namespaces',
  'nodes',
  'deployments',
  'secrets',
  'watch',
  'proxy',
  'services',
];
const subresources = [
  'log',
  'exec',
  'status',
  'finalize',
  'scale',
  'proxy',
  'portforward',
  'attach',
];
const plainPaths = [
  '/',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/version',
  '/openapi/v3',
  '/healthz',
  '/logs/x',
];
const pieces = [
  '',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  '%2f',
  '%5c',
  '%00',
  '%25',
  '%',
  '%zz',
  '\\',
  ';',
  ';a=b',
  'é',
  '%c3%a9',
  '%ff',
  ' ',
  '#',
  '*',
  '+',
  '%20',
  '~',
  'api',
  'apis',
  'v1',
  'watch',
  'proxy',
  'namespaces',
  'status',
  'finalize',
  'ns',
  'pods',
  'a',
];
const queries = [
  'watch',
  'watch=',
  'watch=1',
  'watch=true',
  'watch=0',
  'watch=false',
  'watch=FALSE',
  'watch=False',
  'watch=no',
  'limit=500',
  'limit=0',
  'continue=abc',
  'resourceVersion=0',
  'timeoutSeconds=30',
  'allowWatchBookmarks=true',
  'fieldSelector=metadata.name%3Dweb-0',
  'fieldSelector=metadata.name=web-0',
  'fieldSelector=metadata.name==a,status.phase!=Running',
  'fieldSelector=metadata.name!=a',
  'labelSelector=app%3Dcheckout',
  'labelSelector=app+in+(a,b)',
  'labelSelector=!x',
  'dryRun=All',
  'fieldManager=kubectl',
  'follow=true',
  'pretty',
  'command=sh&command=-c',
];
const hostileQueries = [
  ...queries,
  'watch=1&watch=0',
  'watch=%31',
  '%77atch=1',
  'Watch=1',
  'WATCH=1',
  'watch=t%72ue',
  'wat%63h',
  'watch=%00',
  'watch=fal%C5%BFe',
  'limit=abc',
  'limit=1e3',
  'limit=99999999999999999999',
  'limit=%2B5',
  'limit=-1',
  'limit=',
  'timeoutSeconds=x',
  'fieldSelector=metadata.name%3D',
  'fieldSelector=metadata.name%3D..',
  'fieldSelector=metadata.name%3Da%2Fb',
  'fieldSelector=metadata.name%3Da%2Cmetadata.name%3Db',
  'fieldSelector=metadata.name%3Da%5C%2Cb',
  'fieldSelector=metadata.name',
  'fieldSelector=%5C',
  'fieldSelector=a%5C%3Db%3Dc,metadata.name=x',
  'fieldSelector==,metadata.name=x',
  'fieldSelector=metadata.namespace=x',
  'labelSelector=app+in+(a',
  'labelSelector=(',
  'labelSelector=a%3D%3D%3Db',
  'labelSelector=app%09in%09(a)',
  'labelSelector=x>1',
  'fieldSelector=metadata.name%3Da&labelSelector=x>1',
  'fieldSelector=metadata.name%3Da&labelSelector=x+<+1,y',
  'fieldSelector=metadata.name%3Da&labelSelector=x>a',
  'fieldSelector=metadata.name%3Da&labelSelector=app%09in%09(a)',
  'fieldSelector=metadata.name%3Da&labelSelector=%0Aapp+in%0A(a,+b)',
  'fieldSelector=metadata.name%3Da&labelSelector=app=',
  'fieldSelector=metadata.name%3Da&labelSelector=app+=+b',
  'fieldSelector=metadata.name%3Da&labelSelector=app=b=c',
  'fieldSelector=metadata.name%3Da&labelSelector=app+notin+()',
  'fieldSelector=metadata.name%3Da&labelSelector=app,',
  'fieldSelector=metadata.name%3Da&labelSelector=,app',
  'fieldSelector=metadata.name%3Da&labelSelector=A/b',
  'fieldSelector=metadata.name%3Da&labelSelector=a.b/c_d',
  'fieldSelector=metadata.name%3Da&labelSelector=in+in+(in)',
  'fieldSelector=metadata.name%3Da&labelSelector=!+x',
  'fieldSelector=metadata.name%3Da&labelSelector=x!',
  'fieldSelector=metadata.name%3Da&labelSelector=x+in+(a)+y',
  'fieldSelector=metadata.name%3Da&labelSelector=x%3Din',
  'fieldSelector=metadata.name%3Da&labelSelector=notin',
  'labelSelector=%C3%A9',
  'resourceVersionMatch=Exact',
  'sendInitialEvents=maybe',
  'allowWatchBookmarks=x',
  'a;b',
  'a=%',
  '&',
  '&&',
  '=',
  'a=b=c',
  '%',
  '+',
  'dryRun=All&dryRun=None',
];

/** A path as clients write them. */
function ordinaryPath(pick: Pick, random: () => number): string {
  if (random() < 0.05) return pick(plainPaths);
  const parts = [pick(prefixes)];
  if (random() < 0.05) parts.push('watch');
  if (random() < 0.7) parts.push('namespaces', pick(names));
  parts.push(pick(resources));
  if (random() < 0.6) parts.push(pick(names));
  if (random() < 0.3) parts.push(pick(subresources));
  return `/${parts.join('/')}${random() < 0.05 ? '/' : ''}`;
}

/** The same with something put in, taken out or put elsewhere; or pieces in any order. */
function hostilePath(pick: Pick, random: () => number): string {
  if (random() < 0.3) {
    const length = Math.floor(random() * 8);
    return `/${Array.from({ length }, () => pick(pieces)).join('/')}`;
  }
  const segments = ordinaryPath(pick, random).split('/');
  const at = Math.floor(random() * segments.length);
  const [replaced = ''] = segments.splice(at, random() < 0.5 ? 1 : 0, pick(pieces));
  if (random() < 0.3) segments.splice(at, 0, `${replaced}${pick(pieces)}`);
  return `${random() < 0.95 ? '/' : ''}${segments.slice(1).join('/')}`;
}

function query(pick: Pick, random: () => number, from: readonly string[]): string {
  const length = Math.floor(random() ** 2 * 4);
  const picked = Array.from({ length }, () => pick(from));
  const keyOf = (pair: string) => pair.split('=')[0];
  // Ordinary clients name a parameter once.
  const pairs =
    from === queries ? [...new Map(picked.map((pair) => [keyOf(pair), pair])).values()] : picked;
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

/**
 * Request lines for a comparison with the apiserver: half as clients write them, half with something in them
 * that parsers have been known to read differently.
 */
export function* targetCorpus(count: number, seed: number): Generator<CorpusEntry> {
  const random = randomOf(seed);
  const pick: Pick = (items) => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  };
  for (let n = 0; n < count; n += 1) {
    const ordinary = n % 2 === 0;
    const method = pick(ordinary ? methods : hostileMethods);
    const path = ordinary ? ordinaryPath(pick, random) : hostilePath(pick, random);
    yield {
      method,
      target: `${path}${query(pick, random, ordinary ? queries : hostileQueries)}`,
      ordinary,
    };
  }
}
