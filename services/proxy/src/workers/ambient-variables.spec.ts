import { expect, it } from 'vitest';
import { ambientVariables } from './ambient-variables.js';

it('are those of AWS and of the pod, and nothing else', () => {
  const own = {
    AWS_ROLE_ARN: 'a',
    AWS_REGION: 'b',
    HOME: '/h',
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
  };
  const others = { NATS_PASSWORD_FILE: 'n', STAGING_TOKEN: 't', XAWS_REGION: 'x', PATH: 'p' };
  expect(ambientVariables({ ...own, ...others, AWS_PROFILE: undefined })).toStrictEqual(own);
});
