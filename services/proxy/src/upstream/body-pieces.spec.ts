import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BodyPieces } from './body-pieces.js';
import { SLAB_BYTES, Slabs } from './slabs.js';

function piecesOf(slabs = new Slabs()) {
  const pieces: Buffer[] = [];
  const lasts: boolean[] = [];
  const body = new BodyPieces(slabs, (piece, last) => {
    pieces.push(piece);
    lasts.push(last);
  });
  return { body, pieces, lasts, sizes: () => pieces.map(({ length }) => length) };
}

const FULL = 16_000;
const bytes = (size: number, fill = 'x') => Buffer.alloc(size, fill);

describe('the pieces of a body', () => {
  it('are one for a small one, copied from what was only lent', () => {
    const { body, pieces, lasts } = piecesOf();
    const lent = bytes(10, 'a');
    body.push(lent, true);
    lent.fill('b');
    expect([String(pieces[0]), lasts]).toStrictEqual(['aaaaaaaaaa', [true]]);
  });

  it('go on at once when nothing is on its way behind them', () => {
    const { body, sizes } = piecesOf();
    body.push(bytes(10), false);
    body.push(bytes(20), false);
    expect(sizes()).toStrictEqual([10, 20]);
  });

  it('are few for a large one, and hold what came, in its order', () => {
    const { body, pieces, lasts } = piecesOf();
    const lent = bytes(FULL);
    for (const fill of 'abcdefghij') body.push(lent.fill(fill), fill === 'j');
    expect(pieces.length).toBeLessThanOrEqual(3);
    expect(lasts.indexOf(true)).toBe(pieces.length - 1);
    const expected = Buffer.concat(
      'a,b,c,d,e,f,g,h,i,j'.split(',').map((fill) => bytes(FULL, fill)),
    );
    expect(Buffer.concat(pieces).equals(expected)).toBe(true);
  });

  it('wait a turn of the event loop at most', async () => {
    const { body, sizes, lasts } = piecesOf();
    body.push(bytes(FULL), false);
    body.push(bytes(FULL), false);
    expect(sizes()).toStrictEqual([]);
    await nextTurn();
    expect([sizes(), lasts]).toStrictEqual([[2 * FULL], [false]]);
  });

  it('end with what was waiting', async () => {
    const { body, sizes, lasts } = piecesOf();
    body.push(bytes(FULL), false);
    body.end();
    body.end();
    await nextTurn();
    expect([sizes(), lasts]).toStrictEqual([[FULL], [true]]);
  });

  it('are none once they are dropped', async () => {
    const { body, sizes } = piecesOf();
    body.push(bytes(FULL), false);
    body.drop();
    await nextTurn();
    expect(sizes()).toStrictEqual([]);
  });

  it('are kept while it is paused, and go on one after the other', async () => {
    const { body, pieces, sizes } = piecesOf();
    body.push(bytes(10), false);
    body.pause();
    for (const fill of ['a', 'b', 'c', 'd', 'e']) body.push(bytes(FULL, fill), false);
    body.push(bytes(5, 'f'), false);
    await nextTurn();
    expect([sizes(), body.full]).toStrictEqual([[10], true]);
    body.resume();
    expect(Buffer.concat(pieces.slice(1)).toString()).toBe(
      `${['a', 'b', 'c', 'd', 'e'].map((fill) => fill.repeat(FULL)).join('')}fffff`,
    );
    expect(body.full).toBe(false);
  });

  it('go on only as far as they are wanted', () => {
    const slabs = new Slabs();
    const sizes: number[] = [];
    const body: BodyPieces = new BodyPieces(slabs, (piece) => {
      sizes.push(piece.length);
      body.pause();
    });
    body.pause();
    for (let time = 0; time < 15; time += 1) body.push(bytes(FULL), false);
    expect(sizes).toStrictEqual([]);
    for (let time = 1; time <= 4; time += 1) {
      body.resume();
      expect(sizes).toHaveLength(time);
    }
    expect(sizes.reduce((sum, size) => sum + size)).toBe(15 * FULL);
  });

  it('all go on with the last one, paused or not', () => {
    const { body, pieces, lasts } = piecesOf();
    body.pause();
    for (let time = 0; time < 6; time += 1) body.push(bytes(FULL), false);
    body.push(bytes(1), true);
    expect(Buffer.concat(pieces)).toHaveLength(6 * FULL + 1);
    expect(lasts.indexOf(true)).toBe(lasts.length - 1);
  });

  it('of any size hold what came', () => {
    for (const size of [1, 8_191, 8_192, SLAB_BYTES, SLAB_BYTES + 1, 200_000]) {
      const { body, pieces } = piecesOf();
      const sent = [bytes(FULL, 'a'), bytes(size, 'b'), bytes(3, 'c')];
      for (const [index, one] of sent.entries()) body.push(one, index === 2);
      expect(Buffer.concat(pieces).equals(Buffer.concat(sent))).toBe(true);
    }
  });
});

describe('slabs', () => {
  it('are used again when they come back, and not before', () => {
    const slabs = new Slabs();
    const first = slabs.take();
    const piece = slabs.lend(first, 100);
    expect(piece).toHaveLength(100);
    expect(slabs.take()).not.toBe(first);
    slabs.giveBack(piece);
    expect(slabs.take()).toBe(first);
  });

  it('come back once for each time they were lent: nobody is ever given what another one reads', () => {
    const slabs = new Slabs();
    const piece = slabs.lend(slabs.take(), 100);
    slabs.giveBack(piece);
    slabs.giveBack(piece);
    const lentAgain = slabs.take();
    slabs.lend(lentAgain, 50);
    slabs.giveBack(piece);
    expect(slabs.take()).not.toBe(slabs.take());
    expect(slabs.take()).not.toBe(lentAgain);
  });

  it('are never what was not taken from them', () => {
    const slabs = new Slabs();
    const piece = slabs.lend(slabs.take(), 100);
    const stranger = Buffer.alloc(100);
    slabs.giveBack(stranger);
    slabs.giveBack(piece.subarray(0, 10));
    expect(slabs.take()).not.toBe(stranger);
  });
});
