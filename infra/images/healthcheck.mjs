/** The image's HEALTHCHECK: exit code 0 when the service says that it is ready. Slim images have no curl. */
const port = process.env['HTTP_PORT'] ?? '8080';
const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
  signal: AbortSignal.timeout(4_000),
});
// Docker keeps the output of the last checks: `docker inspect` then tells which check failed.
console.log(await response.text());
process.exitCode = response.ok ? 0 : 1;
