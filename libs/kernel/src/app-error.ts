/**
 * The base of every refusal and expected failure.
 *
 * `message` may be shown to the caller: it names the field, what came and what was expected, and never
 * holds a token, header or body. `cause` is for logs only. Programmer errors are plain `Error`s.
 *
 * @typeParam Code - the closed, snake_case list of codes of one module; each stands in `docs/errors.md`
 */
export class AppError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
