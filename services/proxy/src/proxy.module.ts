import { Module, type DynamicModule } from '@nestjs/common';
import { DataPath } from './data-path.js';

/** Lets Nest start and stop the data path beside the health endpoints. */
@Module({})
export class ProxyModule {
  static of(dataPath: DataPath): DynamicModule {
    return { module: ProxyModule, providers: [{ provide: DataPath, useFactory: () => dataPath }] };
  }
}
