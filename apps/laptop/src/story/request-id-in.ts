/** The id of the access request that a command has printed. */
export function requestIdIn(output: string): string {
  const found = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(output)?.[0];
  if (found === undefined) throw new Error(`no request id in: ${output}`);
  return found;
}
