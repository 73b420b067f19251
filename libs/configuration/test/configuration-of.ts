import { allKinds, buildConfiguration } from '../src/build-configuration.js';
import { ConfigurationError } from '../src/configuration-error.js';
import { formatProblem, type Configuration, type ConfigurationKind } from '../src/configuration.js';
import { parseDocuments } from '../src/parse-documents.js';

/** Builds a configuration of texts by file name, without any file. */
export function configurationOf(
  texts: Readonly<Record<string, string>>,
  kinds: readonly ConfigurationKind[] = allKinds,
): Configuration {
  const files = Object.entries(texts).map(([file, text]) => parseDocuments(file, text));
  return buildConfiguration({ directory: '/config', files, problems: [] }, new Set(kinds));
}

/** The problems of one file `f`, without its name; empty when it is fine. */
export function problemsOf(text: string, kinds?: readonly ConfigurationKind[]): string[] {
  try {
    configurationOf({ f: text }, kinds);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map((problem) => formatProblem(problem).slice(2));
  }
}

const document = (kind: string, name: string, spec: string) =>
  `apiVersion: drawbridge.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n${spec
    .trim()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}\n`)
    .join('')}`;

/** Valid documents, each with lines that a test may replace or add. */
export const valid = {
  issuer: (more = '', issuer = 'https://id.corp.test') =>
    document('Issuer', 'corp', `issuer: ${issuer}\naudiences: [a]\nclaims: {kind: agent}\n${more}`),
  human: (name = 'alice', more = '') =>
    document(
      'Human',
      name,
      `issuer: https://id.corp.test\nsubject: ${name}\nemail: ${name}@corp.test\ngroups: [sre]\n${more}`,
    ),
  action: (namespaces = "['{namespace}']", parameters = '[{name: namespace, description: d}]') =>
    document(
      'Action',
      'view',
      `description: d\nparameters: ${parameters}\nrules: [{verbs: [get], apiGroups: [''], resources: [pods], namespaces: ${namespaces}}]`,
    ),
  connection: (server = 'https://k8s.corp.test', more = '') =>
    document(
      'Connection',
      'prod',
      `environment: production\nserver: ${server}\ncredential: {type: bearerToken, environmentVariable: TOKEN}\n${more}`,
    ),
  policy: (more = 'actions: [view]', name = 'p') =>
    document(
      'Policy',
      name,
      `subjects: {groups: [agents]}\nconnections: {names: [prod]}\nnamespaces: [payments]\nmaxDurationSeconds: 600\napproval: {type: none}\n${more}`,
    ),
  schedule: (people = '[alice@corp.test]', more = '') =>
    document(
      'Schedule',
      'payments',
      `timeZone: Europe/Berlin\nrotation: {start: '2026-11-02T09:00', everySeconds: 604800, people: ${people}}\n${more}`,
    ),
};

export const documents = (...texts: readonly string[]) => texts.join('---\n');
