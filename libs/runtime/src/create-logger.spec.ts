import { describe, expect, it } from 'vitest';
import { createLogger } from './create-logger.js';

function logging(level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  const logger = createLogger('policy', {
    level,
    destination: { write: (line) => lines.push(line) },
  });
  return { logger, parsed: () => lines.map((line): unknown => JSON.parse(line)) };
}

describe('the logger', () => {
  it('writes one JSON line with level, time, service and the given fields', () => {
    const { logger, parsed } = logging();
    logger.log({ msg: 'grant issued', grantId: 'g1' });
    expect(parsed()).toStrictEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        service: 'policy',
        msg: 'grant issued',
        grantId: 'g1',
      },
    ]);
  });

  it('understands what Nest calls: text with context, error with stack and context', () => {
    const { logger, parsed } = logging();
    logger.log('Nest application started', 'NestApplication');
    logger.error('failed', 'Error: failed\n  at x', 'ExceptionsHandler');
    logger.warn(new Error('odd'), 'Router');
    expect(parsed()).toMatchObject([
      { level: 'info', msg: 'Nest application started', context: 'NestApplication' },
      {
        level: 'error',
        msg: 'failed',
        stack: 'Error: failed\n  at x',
        context: 'ExceptionsHandler',
      },
      { level: 'warn', msg: 'odd', context: 'Router', err: { type: 'Error', message: 'odd' } },
    ]);
  });

  it('writes what its level asks for', () => {
    const quiet = logging('info');
    quiet.logger.debug?.({ msg: 'no' });
    quiet.logger.verbose?.({ msg: 'no' });
    expect(quiet.parsed()).toStrictEqual([]);
    const chatty = logging('debug');
    chatty.logger.debug?.({ msg: 'yes' });
    expect(chatty.parsed()).toMatchObject([{ level: 'debug', msg: 'yes' }]);
  });

  it('never writes a secret, wherever it is put', () => {
    const { logger, parsed } = logging('debug');
    const canary = 'eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.canarycanary';
    const error = Object.assign(new Error(`token ${canary}`), { request: { token: canary } });
    logger.log(canary);
    logger.log({ msg: canary, token: 'canarycanary', headers: { authorization: 'canarycanary' } });
    logger.log('text', canary);
    logger.log('text', { token: 'canarycanary' });
    logger.error(error);
    logger.error({ msg: 'x', err: error });
    logger.fatal?.({ msg: 'x', list: [canary, { deep: canary }] });
    expect(parsed()).toHaveLength(7);
    expect(JSON.stringify(parsed())).not.toContain('canarycanary');
  });

  it('keeps one message on one line, whatever it holds', () => {
    const { logger, parsed } = logging();
    logger.log({ msg: 'a\nb\u001b[2J\u2028', reason: '"}\n{"level":"forged' });
    expect(parsed()).toMatchObject([{ level: 'info', reason: '"}\n{"level":"forged' }]);
  });

  it('does not let a field replace its own', () => {
    const { logger, parsed } = logging();
    logger.log({ msg: 'x', level: 'fatal', service: 'forged', time: 'never' });
    const forged = { level_: 'fatal', service_: 'forged', time_: 'never' };
    expect(parsed()).toMatchObject([{ level: 'info', service: 'policy', ...forged }]);
  });
});
