/** The program of the child processes that the crash test of sinks kills. */
import { connectJetStream } from '@drawbridge/jetstream';
import { closeOnFailure, runService } from '@drawbridge/runtime';
import { Sinks } from '../src/sinks/sinks.js';

const TAKE_OVER_MS = 1_500;

runService('audit', (env, logger) =>
  closeOnFailure(async (closers) => {
    const servers = env['NATS_URL'] ?? '';
    const connection = await connectJetStream({ servers, name: 'sinks' });
    closers.add(() => connection.close());
    const directory = env['CONFIG_DIR'];
    const clock = () => new Date();
    const options = { directory, connection, clock, logger, takeOverMs: TAKE_OVER_MS };
    await Sinks.start(options, closers);
    return { name: 'sinks', addresses: {}, close: () => closers.close() };
  }),
);
