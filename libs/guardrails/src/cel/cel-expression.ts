import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import { celEnvironment, factNames, type FactName } from './cel-environment.js';
import { meterExpression, withMeter, type CostMeter } from './cost-meter.js';
import { LINEAR_MATCHES } from './kubernetes-functions.js';

/** What an expression said, or why it said nothing. */
export type CelOutcome =
  | { readonly value: boolean }
  | { readonly failure: 'expression_failed' | 'expression_too_costly'; readonly detail: string };

export type CelVariables = Readonly<Record<string, unknown>>;

/** A compiled and type-checked `when`. */
export interface CelExpression {
  readonly source: string;
  /** Of `object` and `oldObject` those that it names. */
  readonly facts: ReadonlySet<FactName>;
  /** It names `now`, so its outcome may change with time alone. */
  readonly dependsOnTime: boolean;
  /** Never throws. */
  evaluate(variables: CelVariables, meter: CostMeter): CelOutcome;
}

/** The expression is none, or of another type than bool. The message is one line. */
export class CelInvalid extends Error {}

/**
 * Compiles an expression and checks its types as far as they are known: variables, their fields, functions,
 * operators. What is in `object` and `oldObject` is not known before it is there.
 *
 * @throws {@link CelInvalid}
 */
export function compileCel(source: string): CelExpression {
  const parsed = parse(source);
  const names = namesIn(parsed.ast);
  useLinearMatches(parsed.ast);
  const checked = parsed.check();
  if (!checked.valid) throw new CelInvalid(messageOf(checked.error, source));
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new CelInvalid(`is of type ${checked.type ?? 'unknown'}; expected bool`);
  }
  meterExpression(parsed.ast);
  return {
    source,
    facts: new Set(factNames.filter((name) => names.has(name))),
    dependsOnTime: names.has('now'),
    evaluate: (variables, meter) => evaluate(parsed, variables, meter),
  };
}

function parse(source: string): ParseResult {
  try {
    return celEnvironment.parse(source);
  } catch (error) {
    throw new CelInvalid(messageOf(error, source));
  }
}

function evaluate(parsed: ParseResult, variables: CelVariables, meter: CostMeter): CelOutcome {
  try {
    const value: unknown = withMeter(meter, (): unknown => parsed({ ...variables }));
    // CEL's || takes an error for an answer that does not matter: the meter's does.
    if (!meter.exceeded && typeof value === 'boolean') return { value };
    if (!meter.exceeded) return { failure: 'expression_failed', detail: 'it gave no bool' };
  } catch (error) {
    if (!meter.exceeded)
      return { failure: 'expression_failed', detail: detailOf(error, parsed.ast.input) };
  }
  return { failure: 'expression_too_costly', detail: 'it costs too much on this object' };
}

/** Every node of a parsed expression, macros not yet expanded. */
function nodesOf(root: ASTNode): ASTNode[] {
  const nodes: ASTNode[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isNode(value, root)) {
      nodes.push(value);
      visit(value.args);
    }
  };
  visit(root);
  return nodes;
}

const isNode = (value: unknown, like: ASTNode): value is ASTNode =>
  typeof value === 'object' && value !== null && value.constructor === like.constructor;

function namesIn(root: ASTNode): ReadonlySet<string> {
  return new Set(nodesOf(root).flatMap((node) => (node.op === 'id' ? [node.args] : [])));
}

/** JavaScript's own engine can take for ever; nothing of an expression may. */
function useLinearMatches(root: ASTNode): void {
  for (const node of nodesOf(root)) {
    if ((node.op === 'call' || node.op === 'rcall') && node.args[0] === 'matches') {
      node.args[0] = LINEAR_MATCHES;
    }
  }
}

/** As {@link messageOf}, but in words that cannot hold anything of an object. */
function detailOf(error: unknown, source: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'function_failed';
  return `${code}${placeOf(error, source)}`;
}

/** What is wrong and where in the expression. */
function messageOf(error: unknown, source: string): string {
  return `${summaryOf(error)}${placeOf(error, source)}`;
}

/** Lines and columns count from 1. */
function placeOf(error: unknown, source: string): string {
  if (!(error instanceof Error) || !('range' in error)) return '';
  const { range } = error;
  const start = typeof range === 'object' && range !== null && 'start' in range && range.start;
  if (typeof start !== 'number') return '';
  const before = source.slice(0, start).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return ` (at ${before.length}:${column} of the expression)`;
}

function summaryOf(error: unknown): string {
  const message =
    error instanceof Error && 'summary' in error ? String(error.summary) : firstLine(error);
  return message.replaceAll(LINEAR_MATCHES, 'matches').slice(0, 200);
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
