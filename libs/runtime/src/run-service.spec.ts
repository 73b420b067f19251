import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { AppError } from '@drawbridge/kernel';
import { createLogger } from './create-logger.js';
import { ConfigInvalid } from './load-config.js';
import { supervise, type StartService } from './run-service.js';
import type { RunningService } from './running-service.js';

function supervised(start: StartService, nodeVersion = process.versions.node) {
  const lines: string[] = [];
  const signals = new EventEmitter();
  const exits: number[] = [];
  const exited = Promise.withResolvers<number>();
  supervise({
    name: 'policy',
    start,
    env: { A: '1' },
    logger: createLogger('policy', { destination: { write: (line) => lines.push(line) } }),
    nodeVersion,
    signals,
    exit: (code) => {
      exits.push(code);
      exited.resolve(code);
    },
  });
  return { signals, exits, exited: exited.promise, log: () => lines.join('') };
}

const service = (close: () => Promise<void>): RunningService => ({
  name: 'policy',
  addresses: { http: 'http://127.0.0.1:1' },
  close,
});

describe('running a service', () => {
  it('gives it the environment and tells where it is', async () => {
    const { log } = supervised((env) => {
      expect(env).toStrictEqual({ A: '1' });
      return Promise.resolve(service(() => Promise.resolve()));
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(log()).toContain('http://127.0.0.1:1');
  });

  it.each(['SIGTERM', 'SIGINT'])('closes it on %s and ends with 0', async (signal) => {
    let closed = 0;
    const { signals, exited } = supervised(() =>
      Promise.resolve(service(() => Promise.resolve(void (closed += 1)))),
    );
    signals.emit(signal);
    expect(await exited).toBe(0);
    expect(closed).toBe(1);
  });

  it('closes it also when the signal came while it was starting', async () => {
    const started = Promise.withResolvers<RunningService>();
    let closed = 0;
    const { signals, exits, exited } = supervised(() => started.promise);
    signals.emit('SIGTERM');
    expect(exits).toStrictEqual([]);
    started.resolve(service(() => Promise.resolve(void (closed += 1))));
    expect(await exited).toBe(0);
    expect(closed).toBe(1);
  });

  it('ends with 78 and every bad variable when the configuration is bad', async () => {
    const problems = [
      { variable: 'HTTP_PORT', message: 'expected a port' },
      { variable: 'CONFIG_DIR', message: 'is required' },
    ];
    const { exited, log } = supervised(() => Promise.reject(new ConfigInvalid(problems)));
    expect(await exited).toBe(78);
    expect(log()).toContain('HTTP_PORT');
    expect(log()).toContain('CONFIG_DIR');
  });

  it('ends with 78 on a Node.js that is too old, before it starts', async () => {
    const start = () => Promise.reject(new Error('it was started'));
    const { exited, log } = supervised(start, '20.19.2');
    expect(await exited).toBe(78);
    expect(log()).toContain('is version 20.19.2; Node.js 24 or newer is needed');
    expect(log()).not.toContain('it was started');
  });

  it('ends with 78 when the YAML documents are bad', async () => {
    const error = new AppError('configuration_invalid', 'policies.yaml:3:5 spec: is required');
    const { exited, log } = supervised(() => Promise.reject(error));
    expect(await exited).toBe(78);
    expect(log()).toContain('policies.yaml:3:5');
    expect(log()).toContain('configuration_invalid');
  });

  it.each([
    ['an expected failure', new AppError('nats_unreachable', 'no NATS server answers')],
    ['a fault', new TypeError('undefined is not a function')],
  ])('ends with 1 when it cannot start because of %s', async (_what, error) => {
    const { exited, log } = supervised(() => Promise.reject(error));
    expect(await exited).toBe(1);
    expect(log()).toContain(error.message);
  });

  it('ends with 78 also when the configuration is refused before anything is awaited', async () => {
    const { exited } = supervised(() => {
      throw new ConfigInvalid([{ variable: 'HTTP_PORT', message: 'expected a port number' }]);
    });
    expect(await exited).toBe(78);
  });

  it('ends with 1 when it cannot close', async () => {
    const { signals, exited } = supervised(() =>
      Promise.resolve(service(() => Promise.reject(new Error('stuck')))),
    );
    signals.emit('SIGTERM');
    expect(await exited).toBe(1);
  });

  it('ends with 1 at the second signal, without waiting', async () => {
    const { signals, exited } = supervised(() =>
      Promise.resolve(service(() => new Promise(() => undefined))),
    );
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    expect(await exited).toBe(1);
  });

  it.each(['unhandledRejection', 'uncaughtException'])('ends with 1 on %s', async (event) => {
    const { signals, exited, log } = supervised(() =>
      Promise.resolve(service(() => Promise.resolve())),
    );
    signals.emit(event, new Error('nobody caught me'));
    expect(await exited).toBe(1);
    expect(log()).toContain('nobody caught me');
  });
});
