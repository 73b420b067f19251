// Writes docs/schema/drawbridge-configuration.schema.json from the zod schemas: `npm run schema`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { configurationSchema } from '../dist/index.js';

const file = fileURLToPath(
  new URL('../../../docs/schema/drawbridge-configuration.schema.json', import.meta.url),
);
mkdirSync(new URL('.', `file://${file}`), { recursive: true });
const options = await resolveConfig(file);
writeFileSync(
  file,
  await format(JSON.stringify(configurationSchema()), { ...options, filepath: file }),
);
console.log(`wrote ${file}`);
