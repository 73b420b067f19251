import { ProxyConfig, startProxy, type CallRecorder } from '@drawbridge/proxy';
import { loadConfig, runService } from '@drawbridge/runtime';

/*
 * The proxy with a recorder that forgets everything: what is left of a call's cost is not the recording's. The
 * line of the record is still written, as it is in the profile.
 */

const forgetful: CallRecorder = {
  healthy: true,
  figures: () => ({ recordsWaiting: 0, recordsGivenUp: 0, refusalsUnrecorded: 0 }),
  start: () => Promise.resolve(),
  startRead: () => ({
    left: Promise.resolve(),
    isStored: true,
    refusal: undefined,
    isGivenUp: false,
    onSettled: () => undefined,
  }),
  body: () => undefined,
  end: () => undefined,
  piece: ({ stored }) => {
    stored();
    return true;
  },
  refused: () => Promise.resolve(),
  close: () => Promise.resolve(0),
};

runService('proxy', (env, logger) =>
  startProxy(loadConfig(ProxyConfig, env), { logger, environment: env, recorder: forgetful }),
);
