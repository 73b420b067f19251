/**
 * A vendor's release download. `sha256` is of the downloaded file (the archive when `member` names a
 * file in it), keyed by `os-arch`. A platform that is not in `sha256` is not downloaded: a checksum
 * is pinned here only after two publications that do not depend on each other agreed on it, never
 * fetched together with the file it is to vouch for.
 *
 * @typedef {object} PinnedRelease
 * @property {string} version
 * @property {(platform: import('./platform.mjs').Platform) => string} url
 * @property {(platform: import('./platform.mjs').Platform) => string} [member] path inside the .tar.gz
 * @property {Readonly<Record<string, string>>} sha256
 */

const natsServer = '2.15.0';
const kubectl = '1.36.3';
const kwok = '0.8.0';

/** @type {Readonly<Partial<Record<import('./catalogue.mjs').ToolName, PinnedRelease>>>} */
export const pinnedReleases = {
  'nats-server': {
    version: natsServer,
    url: ({ os, arch }) =>
      `https://github.com/nats-io/nats-server/releases/download/v${natsServer}/nats-server-v${natsServer}-${os}-${arch}.tar.gz`,
    member: ({ os, arch }) => `nats-server-v${natsServer}-${os}-${arch}/nats-server`,
    sha256: {
      'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
      'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
      'darwin-amd64': '5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95',
      'darwin-arm64': 'e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8',
    },
  },
  kubectl: {
    version: kubectl,
    url: ({ os, arch }) => `https://dl.k8s.io/release/v${kubectl}/bin/${os}/${arch}/kubectl`,
    sha256: {
      'linux-amd64': 'ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336',
      'linux-arm64': '3d86f24401c41ae5a46ac50eef8865fe891d3647d324a0836f6c63757a126e62',
      'darwin-arm64': 'fc8582acde13869a606730a79379d6515f30c68afcced0b5ac8789d5d002b7d6',
    },
  },
  kwok: {
    version: kwok,
    url: ({ os, arch }) =>
      `https://github.com/kubernetes-sigs/kwok/releases/download/v${kwok}/kwok-${os}-${arch}`,
    sha256: {
      'linux-amd64': 'f5a4385a2ae1b9dd7f8acae18e002a75c0ebba124ae9d7259aa8dadb50711f46',
    },
  },
};
