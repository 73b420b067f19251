/**
 * The browser of the browser tests. Any Chromium will do that knows the CSS of our pages; it comes from the
 * system, because it needs more of the system than a program that is linked statically.
 *
 * @type {import('./catalogue.mjs').Tool}
 */
export const chromium = {
  name: 'chromium',
  otherNames: ['chromium-browser', 'google-chrome', 'google-chrome-stable'],
  variable: 'DRAWBRIDGE_CHROMIUM',
  versionArgs: ['--version'],
  // The first with light-dark() in CSS.
  minimum: '123.0.0',
  sameMinorAsPin: false,
  kubebuilder: false,
  release: undefined,
  goModule: undefined,
  debianPackage: 'chromium',
  installDebian: true,
  playwright: 'chromium-headless-shell',
  docker: undefined,
};
