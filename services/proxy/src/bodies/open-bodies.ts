import type { LoggerService } from '@nestjs/common';
import { openObjectStore } from '@drawbridge/object-store';
import type { Closers } from '@drawbridge/runtime';
import type { ProxyConfig } from '../config.js';
import type { BodyKeeping } from './body-keeping.js';
import { BodyMemory } from './body-memory.js';
import { BodyStore } from './body-store.js';

export interface BodiesOptions {
  readonly config: Pick<ProxyConfig, 'BODY_STORE_URL'>;
  readonly logger: Pick<LoggerService, 'warn'>;
}

/** Opens what bodies are kept with. @throws `object_store_invalid` */
export function openBodies({ config, logger }: BodiesOptions, closers: Closers): BodyKeeping {
  const { BODY_STORE_URL: address } = config;
  const store = address === undefined ? undefined : openObjectStore(address);
  closers.add(() => store?.close());
  return { store: new BodyStore({ store, logger }), memory: new BodyMemory() };
}
