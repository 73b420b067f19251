import { describe, expect, it } from 'vitest';
import { kubeObject } from '../kube-object.js';
import { configMaps, secrets } from '../resources/configuration.js';
import { pods } from '../resources/pods.js';
import { matchesFields, parseFieldSelector } from './field-selector.js';
import {
  formatSelector,
  matchesLabels,
  parseLabelSelector,
  selectorRequirements,
} from './label-selector.js';

const labels = { app: 'shop', tier: 'back', replicas: '3' };

describe('a label selector', () => {
  it.each([
    ['', true],
    ['app=shop', true],
    ['app==shop', true],
    ['app!=shop', false],
    ['app=shop,tier=front', false],
    ['missing!=anything', true],
    ['tier in (front, back)', true],
    ['tier notin (front,back)', false],
    ['missing notin (a)', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['replicas>2', true],
    ['replicas<3', false],
    ['app=shop,tier in (back),!missing', true],
    ['example.com/team=', false],
  ])('%j selects: %s', (text, selected) => {
    expect(matchesLabels(parseLabelSelector(text), labels)).toBe(selected);
  });

  it.each(['a=b=c', 'a in b', '=x', 'a>b', 'a,,b', 'a b'])('refuses %j', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 400 }));
  });

  it('reads and shows a structured selector', () => {
    const selector = {
      matchLabels: { app: 'shop' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'legacy', operator: 'DoesNotExist' },
      ],
    };
    expect(matchesLabels(selectorRequirements(selector), labels)).toBe(true);
    expect(formatSelector(selector)).toBe('app=shop,!legacy,tier in (back,front)');
    expect(formatSelector({})).toBe('<none>');
  });
});

describe('a field selector', () => {
  const pod = kubeObject({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    status: { phase: 'Running' },
  });

  it.each([
    ['metadata.name=p', true],
    ['metadata.namespace!=n', false],
    ['status.phase=Running,spec.nodeName=', true],
    ['status.phase!=Running', false],
  ])('%j selects: %s', (text, selected) => {
    expect(matchesFields(pods, parseFieldSelector(pods, text), pod)).toBe(selected);
  });

  it('refuses fields that the kind does not select by', () => {
    expect(() => parseFieldSelector(secrets, 'data.x=1')).toThrow(
      'field label not supported: data.x',
    );
    expect(() => parseFieldSelector(configMaps, 'status.phase=x')).toThrow(
      'is not a known field selector',
    );
    expect(() => parseFieldSelector(pods, 'nonsense')).toThrow(
      expect.objectContaining({ code: 400 }),
    );
  });
});
