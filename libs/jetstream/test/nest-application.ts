import 'reflect-metadata';
import { Catch, Module, type ExceptionFilter, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { INestMicroservice } from '@nestjs/common';
import { throwError } from 'rxjs';
import type { JetStreamStrategy } from '../src/index.js';

/** Passes a handler's own error to the transport, as the filter of libs/runtime does. */
@Catch()
class PassOn implements ExceptionFilter {
  catch(error: unknown) {
    return throwError(() => error);
  }
}

@Module({})
class Application {}

/** A Nest microservice with one controller over a strategy, listening. */
export async function listen(
  controller: Type,
  strategy: JetStreamStrategy,
): Promise<INestMicroservice> {
  const app = await NestFactory.createMicroservice(
    { module: Application, controllers: [controller] },
    // Nest declares its options as a class and takes any object.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    { strategy, logger: false },
  );
  app.useGlobalFilters(new PassOn());
  await app.listen();
  return app;
}
