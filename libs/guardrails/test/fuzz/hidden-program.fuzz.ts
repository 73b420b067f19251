import { expect } from 'vitest';
import fc from 'fast-check';
import { fuzz } from '@drawbridge/fuzzing';
import { unfoldArgv } from '../../src/exec/unfold-argv.js';
import { callOf, guardrailsOf } from '../guarded-call.js';

const guardrails = guardrailsOf({ match: { exec: { programs: ['rm'] } }, action: 'deny' });

/** A text that a shell reads as the word it is. */
const quoted = (word: string, way: number): string => {
  const single = `'${word.replaceAll("'", "'\\''")}'`;
  const double = `"${word.replaceAll(/["\\$`]/g, '\\$&')}"`;
  const plain = word.replaceAll(/[^A-Za-z0-9/._-]/g, '\\$&').replaceAll('\\\n', "'\n'");
  return [single, double, plain][way % 3] ?? single;
};
const line = (argv: readonly string[], way: number): string =>
  argv.map((word, at) => quoted(word, way + at)).join(' ');

/** Ways to run what one has, each of which hides it behind something else. */
const hidings: readonly ((argv: readonly string[], way: number) => readonly string[])[] = [
  (argv, way) => ['sh', '-c', line(argv, way)],
  (argv, way) => ['/bin/bash', '-o', 'pipefail', '-lc', `true && ${line(argv, way)}`],
  (argv) => ['env', 'A=1', ...argv],
  (argv) => ['nohup', 'timeout', '-s', 'KILL', '5', ...argv],
  (argv) => ['nice', '-n', '5', ...argv],
  (argv) => ['xargs', '-n', '1', ...argv],
  (argv) => ['find', '/', '-exec', ...argv, ';'],
  (argv, way) => ['sh', '-c', `echo "$(${line(argv, way)})"`],
  (argv, way) => ['sh', '-c', `cat x | ( ${line(argv, way)} ) 2>&1`],
  (argv, way) => ['sh', '-c', `if true; then ${line(argv, way)}; fi`],
  (argv, way) => ['sh', '-c', `f() { ${line(argv, way)}; }; f`],
  (argv, way) => ['sh', '-c', `eval ${quoted(line(argv, way), way)}`],
  (argv, way) => ['sh', '-c', `: # nothing\n${line(argv, way)} &`],
  (argv, way) => ['sh', '-c', `cat <<X\n$(${line(argv, way)})\nX`],
];

const programs = ['rm', '/bin/rm', './rm', 'rm'] as const;

/** However a program is hidden, and whatever else is said: it is found, or the rule counts as met all the same. */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    program: fc.constantFrom(...programs),
    rest: fc.array(
      fc.oneof(
        fc.constantFrom('-rf', '/data', '--', 'a b', "it's", '$x'),
        fc.string({ maxLength: 6 }),
      ),
      {
        maxLength: 3,
      },
    ),
    hidden: fc.array(fc.tuple(fc.nat(hidings.length - 1), fc.nat(2)), { maxLength: 4 }),
    noise: fc.array(fc.string({ maxLength: 30 }), { maxLength: 4 }),
  }),
  holds: ({ program, rest, hidden, noise }) => {
    const argv = hidden.reduce<readonly string[]>(
      (inner, [kind, way]) => hidings[kind]?.(inner, way) ?? inner,
      // An argument that is not there, or that a shell ends a word with, is another program's matter.
      [program, ...rest.map((word) => word.replaceAll(/[\0;]/g, ''))],
    );
    expect(effectOf(argv), JSON.stringify(argv)).toBe('deny');
    // Whatever stands there, there is an answer.
    effectOf(noise);
    effectOf(['sh', '-c', noise.join(' ')]);
    unfoldArgv(noise);
  },
});

function effectOf(argv: readonly string[]): string {
  const call = callOf(
    { subresource: 'exec', verb: 'create', name: 'web-0' },
    { exec: { argv, container: 'web', tty: false, stdin: false } },
  );
  const judgement = guardrails.judge(call);
  return judgement.kind === 'decided' ? judgement.decision.effect : judgement.decide({}).effect;
}
