import { CallRecording } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { parseKubeRequest } from '../domain/kube-request.js';
import { bodyPlan } from './body-plan.js';

const pod = '/api/v1/namespaces/payments/pods/web-0';
const deployment = '/apis/apps/v1/namespaces/payments/deployments/checkout';
const planOf = (method: string, target: string, recording: Partial<CallRecording> = {}) =>
  bodyPlan(parseKubeRequest(method, target), CallRecording.parse(recording));

describe('which bodies are kept', () => {
  it.each([
    ['GET', pod, true],
    ['GET', '/api/v1/namespaces/payments/pods', true],
    ['GET', '/apis', true],
    ['HEAD', pod, true],
    ['POST', '/api/v1/namespaces/payments/pods', true],
    ['DELETE', '/api/v1/namespaces/payments/pods', true],
    ['GET', '/api/v1/namespaces/payments/pods?watch=1', false],
    ['GET', `${pod}/log`, false],
    ['GET', `${pod}/log?follow=true`, false],
    ['GET', `${pod}/exec?command=ls`, false],
    ['POST', `${pod}/attach`, false],
    ['POST', `${pod}/portforward`, false],
  ])('of %s %s: %s', (method, target, isKept) => {
    expect(planOf(method, target) !== undefined).toBe(isKept);
    expect(planOf(method, target, { bodies: 'none' })).toBeUndefined();
  });

  it.each([
    ['GET', pod, false],
    ['GET', '/version', false],
    ['HEAD', '/version', false],
    ['POST', '/api/v1/namespaces/payments/pods', true],
    ['PATCH', deployment, true],
    ['POST', `${pod}/eviction`, true],
    ['POST', '/version', true],
  ])('of writes alone: %s %s: %s', (method, target, isKept) => {
    expect(planOf(method, target, { bodies: 'writes' }) !== undefined).toBe(isKept);
  });
});

describe('whether the object is read before it is changed', () => {
  it.each([
    ['PATCH', deployment, true],
    ['PUT', deployment, true],
    ['DELETE', deployment, true],
    ['PUT', `${deployment}/status`, true],
    ['PATCH', `${deployment}/scale`, true],
    ['POST', '/api/v1/namespaces/payments/pods', false],
    ['POST', `${pod}/eviction`, false],
    ['DELETE', '/api/v1/namespaces/payments/pods', false],
    ['PUT', `${pod}/unknown`, false],
    ['GET', pod, false],
  ])('%s %s: %s', (method, target, before) => {
    expect(planOf(method, target)?.before).toBe(before);
    expect(planOf(method, target, { before: false })?.before).toBe(false);
  });
});
