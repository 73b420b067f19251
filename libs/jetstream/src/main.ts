#!/usr/bin/env node
import { codeOf } from '@drawbridge/kernel';
import { provision } from './provision.js';

/** `drawbridge-provision`: declares all streams once and ends. Exit code 78 for bad settings, 1 for a refusal. */
provision(process.env).then(
  ({ STREAM_REPLICAS: replicas }) => {
    console.log(JSON.stringify({ msg: 'streams declared', replicas }));
  },
  (error: unknown) => {
    const code = codeOf(error) ?? 'provision_failed';
    const msg = error instanceof Error ? error.message : 'failed';
    console.error(JSON.stringify({ msg, code }));
    process.exitCode = code === 'config_invalid' ? 78 : 1;
  },
);
