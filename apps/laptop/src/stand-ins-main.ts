import { startComposeStandIns } from './compose/start-compose-stand-ins.js';

/** The stand-ins of docker-compose.yml, which repeats these names, ports and paths. */
const options = {
  volumes: '/volumes',
  host: 'stand-ins',
  issuer: 'https://idp.localhost:7090',
  gatewayHost: 'localhost',
  approvals: 'http://localhost:7081',
  ports: { identityProvider: 7090, slack: 7091, cluster: 6443, health: 8080 },
  secretsSeenAt: '/run/drawbridge',
};

const standIns = await startComposeStandIns(options);
console.log(
  JSON.stringify({
    msg: 'stand-ins started',
    issuer: options.issuer,
    slack: standIns.slackApiUrl,
    cluster: standIns.cluster.address,
  }),
);

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => void standIns.close().then(() => process.exit(0)));
}
