/** Marks what the demo made in a cluster, and so may change and remove. */
export const DEMO_LABEL = 'demo.drawbridge.dev/owned';
