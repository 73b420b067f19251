import { pinnedNode } from '../launcher/workspace.mjs';
import { runCommand } from '../native/run-command.mjs';
import { compareVersions, parseVersion } from '../native/version.mjs';

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string} command
 * @property {string[]} args that make it print its version
 * @property {string} [minimum]
 * @property {boolean} required
 * @property {string} hint
 */

/** @type {readonly Program[]} */
const programs = [
  {
    name: 'node',
    command: process.execPath,
    args: ['--version'],
    minimum: '20.0.0',
    required: true,
    hint: 'install Node.js 20 or newer: https://nodejs.org',
  },
  {
    name: 'npm',
    command: 'npm',
    args: ['--version'],
    required: true,
    hint: 'comes with Node.js: https://nodejs.org',
  },
  {
    name: 'git',
    command: 'git',
    args: ['--version'],
    required: true,
    hint: 'install git: https://git-scm.com',
  },
  {
    name: 'go',
    command: 'go',
    args: ['version'],
    minimum: '1.21.0',
    required: false,
    hint: 'builds nats-server and the test cluster where they cannot be downloaded: https://go.dev/dl',
  },
  {
    name: 'docker engine',
    command: 'docker',
    args: ['version', '--format', '{{.Server.Version}}'],
    required: false,
    hint: 'for docker compose and container-based tests: https://docs.docker.com/engine/install',
  },
  {
    name: 'docker compose',
    command: 'docker',
    args: ['compose', 'version'],
    required: false,
    hint: 'to run the parts as containers: https://docs.docker.com/compose/install',
  },
];

/** @returns {import('./check.mjs').CheckUp[]} */
export const programChecks = () => [
  ...programs.map((program) => () => checkProgram(program)),
  checkPinnedNode,
];

/**
 * @param {Program} program
 * @returns {Promise<import('./check.mjs').Check>}
 */
async function checkProgram({ name, command, args, minimum, required, hint }) {
  const result = await runCommand(command, args, { timeoutMs: 5_000 });
  const version = result.ok
    ? (parseVersion(result.stdout.replace(/\bgo(?=\d)/, '')) ?? result.stdout.trim())
    : '';
  const tooOld = minimum !== undefined && version !== '' && compareVersions(version, minimum) < 0;
  const ok = result.ok && !tooOld;
  return {
    name,
    required,
    status: ok ? 'ok' : 'missing',
    found: tooOld ? `${version}, which is too old` : version,
    hint: ok ? '' : hint,
  };
}

/** @returns {Promise<import('./check.mjs').Check>} */
async function checkPinnedNode() {
  const result = await runCommand(pinnedNode, ['--version']);
  return {
    name: 'npm packages',
    required: false,
    status: result.ok ? 'ok' : 'obtainable',
    found: result.ok ? `installed, with Node.js ${parseVersion(result.stdout)}` : '',
    hint: result.ok ? '' : 'installed by the first ./drawbridge demo',
  };
}
