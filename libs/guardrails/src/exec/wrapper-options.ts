/** How a program that starts another one takes its own options. */
export interface Wrapper {
  /** Options that take the next word as their value. */
  readonly valued: ReadonlySet<string>;
  /** Words of its own between options and the program, e.g. the duration of `timeout`. */
  readonly operands: number;
  /** `NAME=value` words stand before the program. */
  readonly assignments: boolean;
}

const wrapper = (valued = '', operands = 0, assignments = false): Wrapper => ({
  valued: new Set(valued.split(' ').filter((option) => option !== '')),
  operands,
  assignments,
});

/** Programs that start the program that their words name. */
export const wrappers: ReadonlyMap<string, Wrapper> = new Map([
  ['env', wrapper('-u -C -S --unset --chdir --split-string', 0, true)],
  ['nohup', wrapper()],
  ['setsid', wrapper()],
  ['time', wrapper('-f -o --format --output')],
  ['command', wrapper()],
  ['builtin', wrapper()],
  ['exec', wrapper('-a')],
  ['nice', wrapper('-n --adjustment')],
  ['ionice', wrapper('-c -n --class --classdata')],
  ['chrt', wrapper('-T -P -D', 1)],
  ['taskset', wrapper('', 1)],
  ['stdbuf', wrapper('-i -o -e --input --output --error')],
  ['timeout', wrapper('-s -k --signal --kill-after', 1)],
  ['sudo', wrapper('-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt', 0, true)],
  ['doas', wrapper('-u -C')],
  ['gosu', wrapper('', 1)],
  ['su-exec', wrapper('', 1)],
  ['setpriv', wrapper('--reuid --regid --groups --inh-caps --ambient-caps --bounding-set')],
  ['chroot', wrapper('', 1)],
  ['unshare', wrapper('-R -w -S -G --root --wd --setuid --setgid')],
  ['nsenter', wrapper('-t -S -G --target --setuid --setgid')],
  ['xargs', wrapper('-a -d -E -I -L -n -P -s --arg-file --delimiter --max-args --max-procs')],
  ['flock', wrapper('-w -E --timeout --conflict-exit-code', 1)],
  ['watch', wrapper('-n --interval')],
  ['setarch', wrapper('', 1)],
  ['linux32', wrapper()],
  ['linux64', wrapper()],
  ['unbuffer', wrapper()],
  ['strace', wrapper('-e -o -p -s -u -E -P')],
  ['busybox', wrapper()],
  ['toybox', wrapper()],
  ['tini', wrapper('-e -p')],
  ['dumb-init', wrapper('-r --rewrite')],
]);

/** Shells that understand POSIX words. */
export const shells: ReadonlySet<string> = new Set(
  'sh bash dash ash zsh ksh mksh rbash yash'.split(' '),
);

/** Programs that take commands from their input when no word says what to run. */
export const interpreters: ReadonlyMap<string, RegExp> = new Map(
  ['python', 'node', 'perl', 'ruby', 'irb', 'php', 'lua', 'fish', 'pwsh', 'tclsh']
    .map((name) => [name, /^-[^-]*[cerm]|^--(eval|command|print|version|help)/] as const)
    .concat(
      ['psql', 'mysql', 'mariadb', 'mongosh', 'mongo', 'redis-cli', 'sqlite3'].map(
        (name) => [name, /^-[^-]*[cefl]$|^--(command|execute|eval|file|version|help)/] as const,
      ),
    ),
);
