import type { GuardrailDocument, GuardrailMatch, GuardrailRule } from '@drawbridge/contracts';
import { RE2JS } from 're2js';
import { CelInvalid, compileCel } from './cel/cel-expression.js';
import type { ConditionSource } from './compiled-condition.js';
import { isTimeZone } from './match/match-times.js';
import { speaksOfResources } from './match/match-request.js';

/** What is wrong with one field of a document. */
export interface GuardrailProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Path = GuardrailProblem['path'];

/** Everything about a document of the right form that cannot be meant: expressions, patterns, wildcards, names. */
export function checkGuardrail({ spec }: GuardrailDocument): readonly GuardrailProblem[] {
  const names = spec.rules.map(({ name }) => name);
  return spec.rules.flatMap((rule, index) => {
    const path = ['spec', 'rules', index];
    const isRepeated = names.indexOf(rule.name) !== index;
    return [
      ...(isRepeated ? [problem([...path, 'name'], `rule "${rule.name}" is there twice`)] : []),
      ...checkRule(rule, path),
    ];
  });
}

function checkRule(rule: GuardrailRule, path: Path): GuardrailProblem[] {
  const exceptions = rule.except ?? [];
  return [
    ...checkCondition(rule, path),
    ...exceptions.flatMap((exception, index) =>
      checkCondition(exception, [...path, 'except', index]),
    ),
  ];
}

function checkCondition({ match, when }: ConditionSource, path: Path): GuardrailProblem[] {
  if (match === undefined && when === undefined) {
    return [problem(path, 'is about nothing: expected "match" or "when"')];
  }
  return [
    ...(when === undefined ? [] : checkExpression(when, [...path, 'when'])),
    ...(match === undefined ? [] : checkMatch(match, [...path, 'match'])),
  ];
}

function checkExpression(when: string, path: Path): GuardrailProblem[] {
  try {
    compileCel(when);
    return [];
  } catch (error) {
    if (!(error instanceof CelInvalid)) throw error;
    return [problem(path, error.message)];
  }
}

function checkMatch(match: GuardrailMatch, path: Path): GuardrailProblem[] {
  return [
    ...checkWords(match, path),
    ...checkPaths(match, path),
    ...checkTimes(match, path),
    ...checkContentTypes(match, path),
    ...checkPatterns(match, path),
  ];
}

const wordFields = ['verbs', 'apiGroups', 'resources', 'subresources'] as const;

function checkWords(match: GuardrailMatch, path: Path): GuardrailProblem[] {
  return wordFields.flatMap((field) =>
    (match[field] ?? []).flatMap((word, index) => {
      const message = wordProblem(match, field, word);
      return message === undefined ? [] : [problem([...path, field, index], message)];
    }),
  );
}

function wordProblem(
  match: GuardrailMatch,
  field: (typeof wordFields)[number],
  word: string,
): string | undefined {
  if (word === '' && (field === 'verbs' || field === 'resources')) return 'must not be empty';
  if (field === 'resources') return resourceProblem(word, match.subresources !== undefined);
  return word.includes('*') && word !== '*' ? 'expected a word or "*"' : undefined;
}

function resourceProblem(word: string, hasSubresources: boolean): string | undefined {
  if (hasSubresources && word.includes('/')) {
    return 'names a subresource, and so does "subresources"; expected one of both';
  }
  if (!word.includes('*') || word === '*' || /^\*\/[^*/]+$/u.test(word)) return undefined;
  return 'expected a resource, a "resource/subresource", "*/subresource" or "*"';
}

function checkPaths(match: GuardrailMatch, path: Path): GuardrailProblem[] {
  if (match.paths === undefined || !speaksOfResources(match)) return [];
  const message = 'is about calls on no resource, and another field is about resources';
  return [problem([...path, 'paths'], message)];
}

function checkTimes({ times = [] }: GuardrailMatch, path: Path): GuardrailProblem[] {
  return times.flatMap(({ timeZone, days, hours }, index) => {
    const at = [...path, 'times', index];
    const [from, to] = (hours ?? '').split('-');
    return [
      ...(isTimeZone(timeZone)
        ? []
        : [problem([...at, 'timeZone'], 'expected an IANA time zone, e.g. Europe/Berlin')]),
      ...(days === undefined && hours === undefined
        ? [problem(at, 'is always: expected "days" or "hours"')]
        : []),
      ...(hours !== undefined && (from === to || /24:0*[1-9]|24:[1-5]/.test(hours))
        ? [problem([...at, 'hours'], 'expected hours as 09:00-17:30, at most until 24:00')]
        : []),
    ];
  });
}

function checkContentTypes({ contentTypes = [] }: GuardrailMatch, path: Path): GuardrailProblem[] {
  return contentTypes.flatMap((type, index) =>
    /[A-Z;\s]/.test(type)
      ? [problem([...path, 'contentTypes', index], 'expected lower case without parameters')]
      : [],
  );
}

function checkPatterns({ exec }: GuardrailMatch, path: Path): GuardrailProblem[] {
  return (exec?.commands ?? []).flatMap((source, index) =>
    isRegularExpression(source)
      ? []
      : [
          problem(
            [...path, 'exec', 'commands', index],
            'expected a regular expression in RE2 syntax',
          ),
        ],
  );
}

function isRegularExpression(source: string): boolean {
  try {
    RE2JS.compile(source);
    return true;
  } catch {
    return false;
  }
}

const problem = (path: Path, message: string): GuardrailProblem => ({ path, message });
