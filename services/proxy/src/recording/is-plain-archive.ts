const archivers = new Set(['tar', 'bsdtar']);
/** What `kubectl cp` uses, and options that only say how names and rights are kept. */
const letters = /^-?[cxmfpvzhP]+$/;
const harmless = new Set([
  '--no-same-owner',
  '--no-same-permissions',
  '--warning=no-unknown-keyword',
]);

/**
 * Whether a command does nothing but pack or unpack an archive on its channel, as `kubectl cp` runs it: then the archive
 * is told by its hash, and every other word of the command is on the record anyway. A shell around it, or an option
 * that could run something, makes it a session like any other.
 */
export function isPlainArchive(argv: readonly string[]): boolean {
  const [program = '', ...words] = argv;
  if (!archivers.has(program.split('/').at(-1) ?? '')) return false;
  const [mode = ''] = words.filter((word) => !harmless.has(word));
  return letters.test(mode) && words.every((word) => !word.startsWith('-') || isHarmless(word));
}

const isHarmless = (word: string): boolean =>
  word === '-' || word === '-C' || harmless.has(word) || letters.test(word);
