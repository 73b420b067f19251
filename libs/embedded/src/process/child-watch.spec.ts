import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ChildEnded, ChildWatch } from './child-watch.js';

const watched = (command: string, ...args: string[]) =>
  new ChildWatch(spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] }), { name: 'it' });

describe('a watched process', () => {
  it('that runs is what is required', async () => {
    const child = spawn('cat');
    const watch = new ChildWatch(child, { name: 'it' });
    await watch.requireRunning();
    child.stdin.end();
    await watch.outputRead();
    await expect(watch.requireRunning()).rejects.toThrow('it has ended (exit code 0)');
  });

  it('that cannot be executed says why', async () => {
    const watch = watched('/nonexistent/program');
    await watch.outputRead();
    await expect(watch.requireRunning()).rejects.toThrow(ChildEnded);
    expect(watch.ending).toContain('ENOENT');
  });

  it('keeps the end of both streams, and no more of it than can be read', async () => {
    const script =
      'for (let n = 0; n < 9_999; n += 1) console.log("line", n); console.error("last")';
    const watch = watched(process.execPath, '-e', script);
    await watch.outputRead();
    expect(watch.output.length).toBeLessThan(21_000);
    const words = watch.lastWords.split('\n');
    expect(words).toHaveLength(31);
    expect(words.slice(-2)).toStrictEqual(['line 9998', 'last']);
  });
});
