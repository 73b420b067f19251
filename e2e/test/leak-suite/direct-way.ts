import { KubeConfig } from '@kubernetes/client-node';
import type { Way } from '../clients/raw-answer.js';

/** The way to a cluster that a kubeconfig describes, with a client certificate. */
export function directWay(kubeconfig: string): Way {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  const decode = (data = '') => Buffer.from(data, 'base64').toString();
  return {
    base: cluster?.server ?? '',
    ca: decode(cluster?.caData),
    certificate: decode(user?.certData),
    key: decode(user?.keyData),
  };
}
