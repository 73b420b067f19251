import { expect } from 'vitest';
import fc from 'fast-check';
import { fuzz } from '@drawbridge/fuzzing';
import { fileTransfersOf } from '../../src/exec/file-transfer.js';
import { unfoldArgv } from '../../src/exec/unfold-argv.js';

const paths = fc.constantFrom('/data', 'etc/app.conf', './a b', '/tmp/x.tar');
const directories = fc.constantFrom('/', '/var', 'work');

/** Ways to say the same to tar, as `kubectl cp` and people do. */
const downloads: readonly ((directory: string, path: string) => readonly string[])[] = [
  (directory, path) => ['tar', 'cf', '-', '-C', directory, path],
  (directory, path) => ['tar', '-C', directory, '-cf', '-', path],
  (directory, path) => ['/bin/tar', '-cvf', '-', '-C', directory, '--', path],
  (directory, path) => ['tar', '--create', '--file=-', `--directory=${directory}`, path],
  (directory, path) => ['tar', 'czf', '-', '-C', directory, path],
  (directory, path) => ['bsdtar', '-c', '-C', directory, path],
  (directory, path) => ['tar', '-cf', '/dev/stdout', '-C', directory, path],
];
const uploads: readonly ((directory: string) => readonly string[])[] = [
  (directory) => ['tar', 'xmf', '-', '-C', directory],
  (directory) => ['tar', '-xmf', '-', '-C', directory],
  (directory) => ['tar', '--no-same-permissions', '--no-same-owner', '-xmf', '-', '-C', directory],
  (directory) => ['tar', '--extract', '--file=-', `--directory=${directory}`],
];

const quoted = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;
/** Ways to run it behind something else. */
const wrappings: readonly ((argv: readonly string[]) => readonly string[])[] = [
  (argv) => argv,
  (argv) => ['sh', '-c', argv.map(quoted).join(' ')],
  (argv) => ['env', 'A=1', 'nice', ...argv],
  (argv) => ['sh', '-c', `cd / && ${argv.map(quoted).join(' ')}; true`],
];

const directionsOf = (argv: readonly string[]) =>
  fileTransfersOf(unfoldArgv(argv)).map(({ direction }) => direction);

/** A transfer is seen however it is said, and whatever else is said there is an answer. */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    way: fc.nat(downloads.length - 1),
    back: fc.nat(uploads.length - 1),
    wrapped: fc.nat(wrappings.length - 1),
    directory: directories,
    path: paths,
    noise: fc.array(
      fc.oneof(
        fc.constantFrom('tar', '-C', '-f', 'cf', '--', '-', 'scp', '-t', 'rsync', '--server', '>'),
        fc.constantFrom('dd', 'of=', 'tee', '-a', 'sh', '-c', '$(', '`', "'", '<<X\n'),
        fc.string({ maxLength: 8 }),
      ),
      { maxLength: 8 },
    ),
  }),
  holds: ({ way, back, wrapped, directory, path, noise }) => {
    const wrap = wrappings[wrapped] ?? ((argv: readonly string[]) => argv);
    const down = wrap(downloads[way]?.(directory, path) ?? []);
    expect(directionsOf(down), down.join(' ')).toStrictEqual(['download']);
    const up = wrap(uploads[back]?.(directory) ?? []);
    expect(directionsOf(up), up.join(' ')).toStrictEqual(['upload']);
    directionsOf(noise);
    directionsOf(['sh', '-c', noise.join(' ')]);
  },
});
