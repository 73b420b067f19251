/**
 * The value of an option that counts something.
 *
 * @throws TypeError that names the option, when `text` is not a whole number above 0
 */
export function whole(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`${option} is "${text}", expected a whole number above 0`);
}
