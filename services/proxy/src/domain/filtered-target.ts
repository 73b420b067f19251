import { CallRefused } from './call-refused.js';
import { formatKubeQuery, parseKubeQuery, queryValue, type KubeQuery } from './kube-query.js';

/** Pages would be counted in what is hidden, and a continue token tells where the hidden ones end. */
const paging = new Set(['limit', 'continue']);

/**
 * The target of a list or watch whose answer is filtered to `names`: asked in one page, and with what the names can
 * be read from. One name is also asked of the cluster, so that it sends nothing else.
 *
 * @throws {@link CallRefused} `continue_refused`: such a token cannot be from a filtered answer
 */
export function filteredTarget(target: string, names: readonly string[]): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = parseKubeQuery(mark === -1 ? '' : target.slice(mark + 1));
  if ((queryValue(query, 'continue') ?? '') !== '') throw continueRefused();
  const kept = query.filter(([key]) => !paging.has(key)).map(withNames);
  const [only] = names;
  const narrowed = names.length === 1 && only !== undefined ? selecting(kept, only) : kept;
  return `${path}${formatKubeQuery(narrowed)}`;
}

/** Rows of a table without an object have no name by which they could be judged. */
function withNames([key, value]: KubeQuery[number]): KubeQuery[number] {
  return key === 'includeObject' && value === 'None' ? [key, 'Metadata'] : [key, value];
}

function selecting(query: KubeQuery, name: string): KubeQuery {
  const given = queryValue(query, 'fieldSelector') ?? '';
  const others = query.filter(([key]) => key !== 'fieldSelector');
  const selector = `${given === '' ? '' : `${given},`}metadata.name=${escaped(name)}`;
  return [...others, ['fieldSelector', selector]];
}

/** As `fields.EscapeValue` in kubernetes/apimachinery. */
const escaped = (name: string) => name.replaceAll(/[\\,=]/g, String.raw`\$&`);

const continueRefused = () =>
  new CallRefused(
    'continue_refused',
    'your grant shows some objects only, and those come in one page: list again from the start, without "continue"',
  );
