import { describe, expect, it } from 'vitest';
import { WatchFrames } from './watch-frames.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const passed = (...chunks: string[]) => {
  const frames = new WatchFrames();
  for (const chunk of chunks) frames.pass(bytes(chunk));
  return frames;
};

describe('the frames of a watch', () => {
  it.each([
    [true, []],
    [true, ['{}\n']],
    [true, ['{', '}\n']],
    [true, ['{}\n', '']],
    [false, ['{}\n{']],
    [false, ['{']],
  ])('at a boundary: %s after %j', (expected, chunks) => {
    expect(passed(...chunks).atBoundary).toBe(expected);
  });

  it('give the rest of the frame under way and nothing of the next', () => {
    const rest = passed('{"a"').restOfFrame(bytes(':1}\n{"secret":1}\n'));
    expect(new TextDecoder().decode(rest)).toBe(':1}\n');
    expect(passed('{').restOfFrame(bytes('"a":'))).toBeUndefined();
  });

  it('end with one that says why', () => {
    const input = { statusCode: 403, code: 'grant_expired', message: 'over', commandId: 'c-1' };
    const frame = new WatchFrames().say(input);
    expect(frame.endsWith('}\n')).toBe(true);
    expect(JSON.parse(frame)).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 403, message: 'drawbridge grant_expired: over' },
    });
  });
});
