import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileTransfersOf } from './file-transfer.js';
import { unfoldArgv } from './unfold-argv.js';

const sh = (script: string) => ['sh', '-c', script];
const programs = (argv: readonly string[]) =>
  unfoldArgv(argv).commands.map(({ program }) => program);

describe('the programs of an argument vector', () => {
  it.each<[string[], string]>([
    [['ls', '-l'], 'ls'],
    [['/usr/bin/rm', '-rf', '/data'], 'rm'],
    [sh('rm -rf /data'), 'sh rm'],
    [['/bin/bash', '-lc', 'rm x'], 'bash rm'],
    [['bash', '-l', '-c', 'rm x', 'name', 'argument'], 'bash rm'],
    [['bash', '-o', 'pipefail', '-ec', 'a | b'], 'bash a b'],
    [['bash', '--rcfile', '/x', '-c', 'rm x'], 'bash rm'],
    [['env', 'A=1', '-u', 'B', 'rm', 'x'], 'env rm'],
    [['env', '-S', 'rm -rf x'], 'env rm'],
    [['nohup', 'timeout', '-s', 'KILL', '5', 'rm', 'x'], 'nohup timeout rm'],
    [['timeout', '--signal=KILL', '5s', 'sh', '-c', 'rm x'], 'timeout sh rm'],
    [['nice', '-n', '5', 'rm'], 'nice rm'],
    [['sudo', '-u', 'root', '--', 'rm', 'x'], 'sudo rm'],
    [['su', '-', 'app', '-c', 'rm x'], 'su rm'],
    [['su', '--command=rm x'], 'su rm'],
    [['chroot', '/host', 'sh', '-c', 'rm x'], 'chroot sh rm'],
    [['nsenter', '-t', '1', '-m', '--', 'rm', 'x'], 'nsenter rm'],
    [['busybox', 'rm', 'x'], 'busybox rm'],
    [['find', '/', '-name', 'x', '-exec', 'rm', '{}', ';'], 'find rm'],
    [['xargs', '-n', '1', 'rm'], 'xargs rm'],
    [sh('a; b && c || d | e & f\ng'), 'sh a b c d e f g'],
    [sh('if a; then b; else c; fi; while d; do e; done; ! f; { g; }; ( h )'), 'sh a b c d e f g h'],
    [sh('for x in rm mv; do echo $x; done'), 'sh echo'],
    [sh('A=1 B=2 rm x'), 'sh rm'],
    [sh('echo $(rm x) `mv y` "$(cp z)"'), 'sh rm mv cp echo'],
    [sh('cat <(rm x) > >(tee y)'), 'sh rm tee cat'],
    [sh('echo "; rm x" \'; rm y\' \\; rm'), 'sh echo'],
    [sh("r''m x"), 'sh rm'],
    [sh('r\\m x; "rm" y; r\\\nm z'), 'sh rm rm rm'],
    [sh('echo ok # ; rm x'), 'sh echo'],
    [sh('cat <<EOF > f\nrm x\nEOF\nls'), 'sh cat ls'],
    [sh('cat <<EOF > f\n$(rm x)\nEOF'), 'sh cat rm'],
    [['env', '-Srm -rf x'], 'env rm'],
    [['env', '--split-string=rm x', 'y'], 'env rm'],
    [sh('f() { rm x; }; f'), 'sh f rm f'],
    [sh('eval "rm x"'), 'sh eval rm'],
    [sh("trap 'rm x' EXIT"), 'sh trap rm'],
    [sh('bash -c "sh -c \'rm x\'"'), 'sh bash sh rm'],
    [sh('exec -a name rm x; command rm y; time rm z'), 'sh exec rm command rm rm'],
    [sh('2>/dev/null rm x >/dev/null 2>&1'), 'sh rm'],
    [sh('watch -n 1 "rm x"'), 'sh watch rm'],
    [sh('${A:-$(rm x)} y'), 'sh rm '],
  ])('%j', (argv, expected) => {
    expect(programs(argv).join(' ')).toBe(expected);
  });

  it.each<[string[], boolean, boolean]>([
    [['sh'], true, false],
    [['bash', '-il'], true, false],
    [['bash', '-s', '--', 'x'], true, false],
    [['sh', '-'], true, false],
    [sh('bash'), true, false],
    [sh('ls; exec sh'), true, false],
    [['su'], true, false],
    [['sudo', '-i'], true, false],
    [['python3'], true, false],
    [['python3', '-c', 'x'], false, false],
    [['python3', 'x.py'], false, false],
    [['psql', '-U', 'app', 'db'], true, false],
    [['psql', '-c', 'select 1'], false, false],
    [['ls'], false, false],
    [sh('echo $HOME'), false, false],
    [['sh', '/x.sh'], false, true],
    [sh('$X y'), false, true],
    [sh('. /x.sh'), false, true],
    [sh('eval "$X"'), false, true],
    [sh('bash -c "$X"'), false, true],
    [sh('r? x'), false, true],
    [sh("$'\\x72m' x"), false, true],
    [sh('echo "never ends'), false, true],
    [['sh', '-c'], false, false],
  ])('%j: takes commands %s, cannot be followed %s', (argv, interactive, opaque) => {
    expect(unfoldArgv(argv)).toMatchObject({ interactive, opaque });
  });

  it('ends for whatever comes', () => {
    const piece = fc.constantFrom(
      ...["'", '"', '`', '$(', ')', '${', '}', '\\', '\n', ';', '|', '<<', '<(', '>', 'eval '],
      ...['sh -c ', 'rm', ' ', '#', '$', '{', 'env -S ', 'x=', 'find -exec ', '(', '&'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(unfoldArgv(sh(pieces.join(''))).commands.length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    'eval '.repeat(20_000),
    '$('.repeat(20_000),
    `${'$('.repeat(50)}rm${')'.repeat(50)}`,
    'a;'.repeat(20_000),
    'x'.repeat(200_000),
  ])('does not follow without end %#', (script) => {
    expect(unfoldArgv(sh(script)).opaque).toBe(true);
  });
});

describe('file transfers', () => {
  it.each<[string[], string]>([
    [['tar', 'cf', '-', '/data/db'], 'download /data/db'],
    [['tar', 'cf', '-', '-C', '/data', 'db'], 'download /data/db'],
    [sh('tar cf - /data/db | tail -c+1024'), 'download /data/db'],
    [['tar', '-xmf', '-', '-C', '/tmp'], 'upload /tmp'],
    [['tar', 'xf', '-'], 'upload .'],
    [['tar', '--no-same-permissions', '--no-same-owner', '-xmf', '-', '-C', '/x'], 'upload /x'],
    [['tar', '--extract', '--file=-', '--directory=/x'], 'upload /x'],
    [['tar', '-czf-', '/data'], 'download /data'],
    [['tar', 'czf', '/tmp/x.tgz', '/data'], ''],
    [['tar', 'tf', '-'], ''],
    [['env', 'A=1', 'tar', 'cf', '-', '/x'], 'download /x'],
    [sh('cat > /app/x.sh'), 'upload /app/x.sh'],
    [sh('base64 -d > /app/x'), 'upload /app/x'],
    [sh('cat /a > /b'), ''],
    [sh('cat > "$X"'), 'upload '],
    [sh('echo hi > /dev/null; ls > /tmp/x'), ''],
    [['tee', '-a', '/app/x'], 'upload /app/x'],
    [['dd', 'of=/app/x', 'bs=1M'], 'upload /app/x'],
    [['dd', 'if=/dev/sda'], 'download /dev/sda'],
    [['dd', 'if=/a', 'of=/b'], ''],
    [['scp', '-t', '/app'], 'upload /app'],
    [['scp', '-r', '-f', '/app'], 'download /app'],
    [['rsync', '--server', '--sender', '-logDtpr', '.', '/app'], 'download /app'],
    [['rsync', '--server', '-logDtpr', '.', '/app'], 'upload /app'],
    [['cat', '/etc/passwd'], ''],
    [['test', '-d', '/tmp'], ''],
  ])('%j', (argv, expected) => {
    const transfers = fileTransfersOf(unfoldArgv(argv));
    expect(transfers.map(({ direction, path }) => `${direction} ${path}`).join()).toBe(expected);
  });
});
