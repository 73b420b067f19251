import type { Share } from './fold-profile.js';

export const shareTable = (shares: readonly Share[]): readonly Readonly<Record<string, string>>[] =>
  shares.map(({ name, share }) => ({ '': name, share: `${(share * 100).toFixed(1)} %` }));
