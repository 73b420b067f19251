import { describe, expect, it } from 'vitest';
import { SoughtText, waysToWrite } from './sought-text.js';

const search = (text: string, ...pieces: readonly string[]) => {
  const sought = new SoughtText(waysToWrite(text));
  for (const piece of pieces) sought.add(piece);
  return sought.finish();
};

describe('a text in a body', () => {
  it.each([
    ['100%', '{"full":"100%"}'],
    ['a_b_c', '{"name":"a_b_c"}'],
    ['.*(x)[', 'regexp: .*(x)['],
    ['back\\slash', 'a back\\slash'],
    ['back\\slash', JSON.stringify('a back\\slash')],
    ['say "hi"', JSON.stringify({ text: 'say "hi"' })],
    ['a < b && c', '{"text":"a \\u003c b \\u0026\\u0026 c"}'],
    ['STRASSE', 'strasse'],
    ['überprüfung', 'ÜBERPRÜFUNG'],
    ['İstanbul', 'in İstanbul'],
    ['needle', 'İİİİ needle'],
  ])('%s is found in %s', (text, body) => {
    expect(search(text, body)).toMatchObject({ hits: 1 });
  });

  it.each([
    ['100%', '{"full":"1000"}'],
    ['a_b_c', 'aXbXc'],
    ['a.*z', 'abcz'],
  ])('%s is not found in %s', (text, body) => {
    expect(search(text, body)).toBeUndefined();
  });

  it('is found wherever the pieces end, once', () => {
    const body = `${'x'.repeat(16_380)}needle${'y'.repeat(40_000)}`;
    for (let cut = 16_370; cut < 16_400; cut += 1) {
      expect(search('needle', body.slice(0, cut), body.slice(cut))).toStrictEqual({
        hits: 1,
        seconds: 0,
        excerpt: `…${'x'.repeat(60)}needle${'y'.repeat(60)}…`,
      });
    }
  });
});
