// An agent as a program of its own: it works through the gateway, meets every kind of answer, prints all that it
// gets and leaves a snapshot of its memory. Arguments: kubeconfig, file of the snapshot.
import { inspect } from 'node:util';
import { writeHeapSnapshot } from 'node:v8';
import { AppsV1Api, CoreV1Api, KubeConfig, VersionApi, Watch } from '@kubernetes/client-node';

const [kubeconfigFile, snapshotFile] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromFile(kubeconfigFile);
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);
/** Kept, so that it is in the snapshot. */
const kept = [];
const show = (value) => {
  kept.push(value);
  console.log(inspect(value, { depth: 12, showHidden: true, maxStringLength: null }));
};
const attempt = (call) => call().then(show, show);

for (const context of config.getContexts()) {
  config.setCurrentContext(context.name);
  await attempt(() => config.makeApiClient(VersionApi).getCode());
}
config.setCurrentContext('good');
await attempt(() => core.listNamespacedPodWithHttpInfo({ namespace: 'default' }));
await attempt(() => core.readNamespacedPod({ name: 'nope', namespace: 'default' }));
await attempt(() => core.readNamespacedSecret({ name: 'db', namespace: 'default' }));
await attempt(() => core.listNamespacedPod({ namespace: 'default', labelSelector: ')(' }));
await attempt(() => apps.deleteNamespacedDeployment({ name: 'x', namespace: 'other' }));
await new Promise((resolve) => {
  const end = setTimeout(resolve, 1_000);
  void new Watch(config)
    .watch('/api/v1/namespaces/default/pods', {}, show, (error) => {
      show(error);
      clearTimeout(end);
      resolve();
    })
    .then((controller) => setTimeout(() => controller.abort(), 800));
});
writeHeapSnapshot(snapshotFile);
console.log(`kept ${kept.length} values`);
process.exit(0);
