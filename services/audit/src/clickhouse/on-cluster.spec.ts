import { describe, expect, it } from 'vitest';
import { Identifier } from './identifier.js';
import { migrations } from './migrations.js';
import { onCluster } from './on-cluster.js';

const cluster = Identifier.parse('record');
const database = Identifier.parse('drawbridge');
const statements = migrations.flatMap((migration) => migration.statements(database));

describe('a statement for a cluster', () => {
  it('is the same without one', () => {
    expect(statements.map((each) => onCluster(each, undefined))).toEqual(statements);
  });

  it('is done on every server, with engines that replicate', () => {
    expect(onCluster('CREATE DATABASE IF NOT EXISTS drawbridge', cluster)).toBe(
      'CREATE DATABASE IF NOT EXISTS drawbridge ON CLUSTER record',
    );
    expect(onCluster('ALTER TABLE drawbridge.commands ADD COLUMN a UInt8', cluster)).toBe(
      'ALTER TABLE drawbridge.commands ON CLUSTER record ADD COLUMN a UInt8',
    );
    const made = statements.filter((statement) => !statement.startsWith('INSERT INTO'));
    for (const statement of made) {
      const clustered = onCluster(statement, cluster);
      expect(clustered).toMatch(
        /^\s*(CREATE [A-Z ]+ IF NOT EXISTS|ALTER TABLE) \S+ ON CLUSTER record\b/,
      );
      expect(clustered).not.toMatch(/ENGINE = (?!Replicated)|non_replicated/);
    }
  });

  it('that inserts is done once: the rows replicate', () => {
    const insert = 'INSERT INTO drawbridge.owners SELECT 1';
    expect(onCluster(insert, cluster)).toBe(insert);
  });

  it('of a kind that nobody thought of is refused', () => {
    expect(() => onCluster('DROP TABLE drawbridge.events', cluster)).toThrow(TypeError);
  });
});
