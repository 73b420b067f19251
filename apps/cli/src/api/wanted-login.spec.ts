import { expect, it } from 'vitest';
import { wantedLogin } from './wanted-login.js';

const insufficient = 'Bearer realm="drawbridge", error="insufficient_user_authentication"';

it.each([
  [insufficient, {}],
  [
    `${insufficient}, error_description="log in, again", max_age="300", acr_values="phr phrh"`,
    { maxAgeSeconds: 300, acrValues: 'phr phrh' },
  ],
  [`${insufficient}, max_age="soon"`, {}],
  ['bearer error="insufficient_user_authentication", max_age="5"', { maxAgeSeconds: 5 }],
  ['Bearer realm="drawbridge", error="invalid_token"', undefined],
  ['Bearer realm="drawbridge"', undefined],
  ['Basic realm="x", error="insufficient_user_authentication"', undefined],
  [null, undefined],
])('%s wants %o', (challenge, wanted) => {
  expect(wantedLogin(challenge)).toStrictEqual(wanted);
});
