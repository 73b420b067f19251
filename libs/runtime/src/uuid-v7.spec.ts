import { expect, it } from 'vitest';
import { z } from 'zod';
import { uuidV7 } from './uuid-v7.js';

it('is a version 7 UUID that begins with the time', () => {
  const id = uuidV7(new Date(0x0192_8d3e_1234));
  expect(z.uuid({ version: 'v7' }).parse(id)).toBe(id);
  expect(id).toMatch(/^01928d3e-1234-7/);
});

it('is different each time and sorts by time', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) =>
    uuidV7(new Date(1_700_000_000_000 + index)),
  );
  expect(new Set(ids).size).toBe(1_000);
  expect(ids.toSorted()).toStrictEqual(ids);
  expect(new Set(Array.from({ length: 1_000 }, () => uuidV7(new Date(5)))).size).toBe(1_000);
});
