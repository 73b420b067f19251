import { describe, expect, it } from 'vitest';
import { agent, humansOf, recordedAll, validated } from '../../test/sample-events.js';
import { tellStory } from '../domain/request-story.js';
import { stopTargetOf, targetLength, targetWords } from './stop-words.js';

const storyOf = (issuer: string) => {
  const story = tellStory(recordedAll([validated(humansOf(1), { ...agent, issuer })]));
  if (story === undefined) throw new Error('no story');
  return story;
};
const goingOn = [storyOf(agent.issuer)];
const { issuer, subject } = agent;
const meant = (text: string, known = goingOn) => stopTargetOf(text.split(' '), known);

describe('which bridges somebody means', () => {
  it.each([
    ['all', 'all', 1],
    ['prod-eks', { connection: 'prod-eks' }, 1],
    [`agent ${subject}`, { agent: { issuer, subject } }, 2],
    ['agent https://other.test#x', { agent: { issuer: 'https://other.test', subject: 'x' } }, 2],
  ] as const)('"%s"', (text, target, length) => {
    expect(meant(`${text} because`)).toStrictEqual(target);
    expect(targetLength(text.split(' '))).toBe(length);
  });

  it.each([
    '',
    'ALL',
    'Prod!',
    'agent',
    'agent nobody-known',
    'agent #',
    'agent x#y',
    'agent https://a.test#',
  ])('not "%s"', (text) =>
    expect(() => meant(text)).toThrow(expect.objectContaining({ code: 'slack_target_unclear' })),
  );

  it('not one of two agents of the same name', () => {
    const two = [...goingOn, storyOf('https://other.test')];
    expect(() => meant(`agent ${subject}`, two)).toThrow('is the name of several');
    expect(meant(`agent ${issuer}#${subject}`, two)).toStrictEqual({ agent: { issuer, subject } });
  });

  it('says them back', () => {
    expect(targetWords('all')).toBe('all bridges');
    expect(targetWords({ connection: 'a' })).toBe('the bridges to a');
    expect(targetWords({ agent: { issuer, subject } })).toContain(`${subject} of ${issuer}`);
  });
});
