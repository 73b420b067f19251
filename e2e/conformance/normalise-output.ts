/** What differs between two runs of the same command, and never because of who answered. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/https:\/\/[\w.]+:\d+(\/connections\/[\w-]+)?/g, '<server>'],
  [/conformance-[0-9a-f]{8}/g, '<namespace>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}/g, '<time>'],
  [/("?(resourceVersion|continue)"?: ?)"?[\w=+/-]+"?/g, '$1<version>'],
  [/([?&](resourceVersion|continue)=)[\w%-]+/g, '$1<version>'],
  [/^\d{3,}$/g, '<version>'],
  [/\b(LIVE|MERGED)-\d+/g, '$1'],
  [/\b\d+\.\d+\.\d+\.\d+\b/g, '<address>'],
  [/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-<random>'],
  [/\(x\d+ over [^)]*\)/g, ''],
  [/\b(\d+(ms|[smhd]))+\b/g, '<age>'],
  [/<(invalid|unknown)>/g, '<age>'],
  [/^(Waiting for .*|timed out waiting .*)\n/gm, ''],
  // What client-go says of a message that comes behind the end of its stream.
  [/^E\d{4} [\d:.]+ +\d+ websocket\.go:\d+\] Unknown stream id \d, discarding message\n/gm, ''],
  [/ +$/gm, ''],
  [/[ \t]+/g, ' '],
];

/** The output of a command without the names, times and versions that are never the same twice. */
export function normaliseOutput(output: string, directory: string): string {
  return replacements.reduce(
    (text, [pattern, replacement]) => text.replaceAll(pattern, replacement),
    output.replaceAll(directory, '<directory>'),
  );
}
