import { describe, expect, it } from 'vitest';
import { exportedRecord, exportGap } from './exported-record.js';

const place = { stream: 'COMMANDS', sequence: 7, line: 2 };
const at = '2026-01-05T09:00:00.250Z';
const read = (text: string | Uint8Array) => exportedRecord(place, Buffer.from(text));

describe('a record that is exported', () => {
  it('keeps its very text', () => {
    const text = `{ "type":"NotKnownYet","at":"${at}","n":1.50 }`;
    expect(read(text)).toStrictEqual({
      ...place,
      type: 'NotKnownYet',
      at,
      text,
      fields: { type: 'NotKnownYet', at, n: 1.5 },
    });
  });

  it('is one line, however it was written', () =>
    expect(read(`{"type":"A",\n"at":"${at}",\r"x":"a\\nb"}`).text).toBe(
      `{"type":"A","at":"${at}","x":"a\\nb"}`,
    ));

  it.each([
    ['no JSON', 'x'],
    ['empty', ''],
    ['no object', '[]'],
    ['nothing', 'null'],
    ['without a type', `{"at":"${at}"}`],
    ['of a type that is two words', `{"type":"A B","at":"${at}"}`],
    ['of a type with a line break', `{"type":"A\\nB","at":"${at}"}`],
    ['of a type that is longer than any', `{"type":"${'A'.repeat(65)}","at":"${at}"}`],
    ['without a time', '{"type":"A"}'],
    ['at another time zone', '{"type":"A","at":"2026-01-05T09:00:00+01:00"}'],
    ['not UTF-8', new Uint8Array([0xff])],
  ])('is refused when it is %s', (_, bytes) =>
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'record_unreadable' })),
  );
});

it('a gap says what is missing', () =>
  expect(exportGap({ stream: 'COMMANDS', from: 3, to: 9 }, new Date(at))).toMatchObject({
    type: 'ExportGap',
    sequence: 9,
    text: `{"type":"ExportGap","at":"${at}","stream":"COMMANDS","from":3,"to":9}`,
  }));
