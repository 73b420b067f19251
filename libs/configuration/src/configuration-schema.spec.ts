import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { valid } from '../test/configuration-of.js';
import { configurationSchema } from './configuration-schema.js';
import { parseDocuments } from './parse-documents.js';

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const file = root('docs/schema/drawbridge-configuration.schema.json');

describe('the published JSON Schema', () => {
  it('is what the code says; otherwise run "npm run schema"', async () => {
    const options = { ...(await resolveConfig(file)), filepath: file };
    const generated = await format(JSON.stringify(configurationSchema()), options);
    expect(await readFile(file, 'utf8')).toBe(generated);
  });

  const validate = new Ajv({ validateFormats: false }).compile(configurationSchema());
  const documentsOf = (text: string) =>
    parseDocuments('f', text).documents.map(({ value }) => value);

  it.each(['actions', 'policies', 'connection', 'issuer', 'humans'])(
    'takes the example %s.yaml, which names it for editors',
    async (name) => {
      const text = await readFile(root(`infra/config/${name}.yaml`), 'utf8');
      expect(text.split('\n')[0]).toBe(
        '# yaml-language-server: $schema=../../docs/schema/drawbridge-configuration.schema.json',
      );
      const documents = documentsOf(text);
      expect(documents).not.toStrictEqual([]);
      for (const document of documents)
        expect([validate(document), validate.errors]).toStrictEqual([true, null]);
    },
  );

  it.each([
    valid.policy('nope: 1'),
    valid.policy().replace('{names: [prod]}', '{}'),
    valid.policy().replace('600', '10'),
    valid.action("['x-{namespace}']"),
    valid.connection('http://k'),
    valid.issuer().replace('kind: Issuer', 'kind: Issue'),
  ])('refuses what the code refuses %#', (text) => {
    const [document] = documentsOf(text);
    // The scheme of an address is a format, which editors check and this validator does not.
    expect(validate(document)).toBe(text.includes('http://k'));
  });
});
