import { describe, expect, it } from 'vitest';
import { CutSwitch } from './cut-switch.js';

describe('a cut switch', () => {
  it('tells who holds the call, once', () => {
    const told: string[] = [];
    const cutSwitch = new CutSwitch();
    cutSwitch.throwIfCut();
    cutSwitch.onCut((reason) => told.push(reason));
    cutSwitch.cut('grant_revoked');
    cutSwitch.cut('bus_lost');
    expect(told).toStrictEqual(['grant_revoked']);
  });

  it('remembers an order that came before anybody held the call', () => {
    const told: string[] = [];
    const cutSwitch = new CutSwitch();
    cutSwitch.cut('grant_expired');
    expect(() => cutSwitch.throwIfCut()).toThrow(
      expect.objectContaining({ code: 'grant_expired' }) as Error,
    );
    cutSwitch.onCut((reason) => told.push(reason));
    expect(told).toStrictEqual(['grant_expired']);
  });
});
