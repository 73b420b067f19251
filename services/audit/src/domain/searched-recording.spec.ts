import type { SessionFrame } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { SearchedRecording } from './searched-recording.js';

const search = (text: string, frames: readonly SessionFrame[]) => {
  const recording = new SearchedRecording(text);
  for (const frame of frames) recording.add(frame);
  return recording.finish();
};
const output = (...pieces: readonly string[]): SessionFrame[] =>
  pieces.map((piece, second) => [second, 'o', piece]);
const esc = '\u001b';

describe('text in what a terminal showed', () => {
  it.each<[string, readonly SessionFrame[]]>([
    ['at once', output('$ rm -rf /data\r\n')],
    ['letter by letter', output('$ ', ...Array.from('rm -rf /data'), '\r\n')],
    ['in other letters', output('$ RM -Rf /DATA\r\n')],
    ['in colours', output(`$ ${esc}[1;31mrm${esc}[0m -${esc}[4mrf${esc}[m /data\r\n`)],
    ['with an escape that is cut', output('$ rm -', esc, '[', '31', 'mrf /data\r\n')],
    ['with a title in the middle', output(`$ rm -${esc}]0;title`, `of it\u0007rf /data\r\n`)],
    ['after a mistake', output('$ rm -x\b', `${esc}[K`, 'rf /data\r\n')],
    ['after a mistake, by blanks', output('$ rm -xy\b \b\b \brf /data\r\n')],
    ['typed from behind', output(`$ -rf /data\r$ ${esc}[3@rm \r\n`)],
    ['with letters taken out', output(`$ rm --rf /data\r${esc}[6C${esc}[1P\r\n`)],
    ['over a prompt that was drawn again', output('$ rm -r', `\r${esc}[K$ rm -rf /da`, 'ta\r\n')],
    ['over the edge of the screen', [[0, 'r', '8x24'], ...output('$ rm -rf', ' \r', ' /data\r\n')]],
    ['in bytes that are no text', [[1, 'o64', Buffer.from('\xffrm -rf /data').toString('base64')]]],
    ['without an end of line', output('$ rm -rf /data')],
    ['that was deleted again', output('$ rm -rf /data', `\r${esc}[K`, '$ ls\r\n')],
    ['in a title that nobody sees', output(`${esc}]0;rm -rf /data`)],
    ['invisible characters between', output('$ rm\u200b -r\u2060f /data\r\n')],
    ['in what a program draws', output(`${esc}[2J${esc}[5;10Hrm -rf /data${esc}[7;1Hx`)],
  ])('is found %s', (_, frames) => {
    expect(search('rm -rf /data', frames)).toMatchObject([{ where: 'output', hits: 1 }]);
  });

  it('is not found over the end of a line, nor where it is not', () => {
    expect(search('rm -rf', output('rm\r\n-rf', ' rm', '-rf', `${esc}[3B rm -r`))).toEqual([]);
  });

  it('is told apart by stream, with when it was there to be read', () => {
    const frames: SessionFrame[] = [
      [1.5, 'i', 'kubectl delete'],
      [2.5, 'i', ' ns/prod\r'],
      [3, 'e', 'kubectl delete ns/prod: forbidden\n'],
      [9, 'e', 'kubectl delete ns/prod: forbidden\n'],
      [10, 'm', 'kubectl delete ns/prod'],
    ];
    expect(search('kubectl delete ns/prod', frames)).toStrictEqual([
      { where: 'input', hits: 1, seconds: 2.5, excerpt: 'kubectl delete ns/prod' },
      {
        where: 'error',
        hits: 2,
        seconds: 3,
        excerpt: 'kubectl delete ns/prod: forbidden kubectl delete ns/prod: forbidden',
      },
    ]);
  });

  it('is found in the words of exec', () => {
    const recording = new SearchedRecording('rm -rf');
    recording.argv(['sh', '-c', 'rm -rf /data']);
    expect(recording.finish()).toMatchObject([{ where: 'argv', excerpt: 'sh -c rm -rf /data' }]);
  });

  it('is counted in much of it, and found wherever pieces end', () => {
    const noise = 'all work and no play makes a dull log, é\n'.repeat(500);
    const frames: SessionFrame[] = [];
    for (let second = 0; second < 40; second += 1) {
      const text = `${noise.slice(second * 3)}the needle is here${noise.slice(second * 7)}`;
      for (let from = 0; from < text.length; from += 997) {
        frames.push([second, 'o', text.slice(from, from + 997)]);
      }
    }
    expect(search('THE NEEDLE is here', frames)).toMatchObject([{ hits: 40, seconds: 0 }]);
  });

  it('shows nothing that deceives', () => {
    const [found] = search('needle', output('a\u202eb needle c\ud800d <script> \u2028'));
    expect(found?.excerpt).toMatch(/^[\x20-\x7e…]*$/);
    expect(found?.excerpt).toContain('needle c\\u{d800}d');
  });

  it.each([
    ['parameters without an end', `${esc}[${'1;'.repeat(100_000)}`],
    ['a cursor far away', `${`${esc}[99999999C`.repeat(50)}x`],
    ['letters put in for ever', `a\r${`${esc}[99999@`.repeat(200)}`],
    ['a line without an end', 'x'.repeat(300_000)],
    ['a string without an end', `${esc}P${'x'.repeat(300_000)}`],
  ])('is found behind %s', (_, hostile) => {
    expect(search('needle', output(hostile, '\u0007\r\nthe needle\r\n'))).toMatchObject([
      { where: 'output' },
    ]);
  });
});
