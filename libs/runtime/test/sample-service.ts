import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Module } from '@nestjs/common';
import { z } from 'zod';
import { commonConfig, createHttpApp, loadConfig, runService, startHttpApp } from '../src/index.js';

/** A service as small as can be; `run-service.int.spec.ts` runs it as a process of its own. */
const Config = z.object({
  ...commonConfig,
  ON_REQUEST: z.enum(['answer', 'reject', 'throw']),
  API_TOKEN: z.string().min(20, 'expected at least 20 characters'),
});

let onRequest: z.infer<typeof Config>['ON_REQUEST'] = 'answer';

@Controller()
class SlowController {
  @Get('/slow')
  async slow() {
    process.stdout.write('a slow request\n');
    if (onRequest === 'reject') void Promise.reject(new Error('nobody caught me'));
    if (onRequest === 'throw') setTimeout(() => JSON.parse('{') as unknown);
    await delay(700);
    return { slow: true };
  }
}

@Module({ controllers: [SlowController] })
class SampleModule {}

runService('sample', async (env, logger) => {
  const config = loadConfig(Config, env);
  onRequest = config.ON_REQUEST;
  const app = await createHttpApp(SampleModule, { logger, health: {} });
  const http = await startHttpApp(app, { host: config.HTTP_HOST, port: config.HTTP_PORT });
  return { name: 'sample', addresses: { http }, close: () => app.close() };
});
