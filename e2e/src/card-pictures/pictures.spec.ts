import { fileURLToPath } from 'node:url';
import { messageProblems, viewProblems } from '@drawbridge/embedded';
import { describe, expect, it } from 'vitest';
import { pictures, type Picture } from './pictures.js';

const directory = fileURLToPath(new URL('../../../docs/pictures/cards/', import.meta.url));

function problemsOf({ sent }: Picture): readonly string[] {
  const isView = typeof sent === 'object' && sent !== null && 'type' in sent;
  return isView ? viewProblems(sent) : messageProblems(sent ?? {});
}

/** After a change of what Slack shows: run with `-u`, and make the pictures anew (docs/slack.md). */
describe.each(pictures())('what is sent for the picture $name', (picture) => {
  it('is what the documentation has', async () => {
    const json = `${JSON.stringify(picture.sent, undefined, 2)}\n`;
    await expect(json).toMatchFileSnapshot(`${directory}${picture.name}.json`);
  });

  it('is within the limits of Slack', () => expect(problemsOf(picture)).toEqual([]));

  it('shows text of others as text', () =>
    expect(picture.html).not.toMatch(/<script|<img|onerror/));
});
