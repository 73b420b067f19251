import { afterAll, beforeAll } from 'vitest';
import { startWideGateway, type WideGateway } from '../../src/wide-gateway.js';
import { describeClientNode } from './describe-client-node.js';
import { describeHelm } from './describe-helm.js';
import { describeInformers } from './describe-informers.js';
import { describeNegotiation } from './describe-negotiation.js';
import { describePython } from './describe-python.js';

let gateway: WideGateway;

beforeAll(async () => {
  // Not yet the default of the API server; clients offer it all the same.
  const apiserverArguments = ['--feature-gates=CBORServingAndStorage=true'];
  gateway = await startWideGateway({ apiserverArguments });
});

afterAll(async () => {
  await gateway.stop();
});

const getGateway = () => gateway;
describeNegotiation(getGateway);
describeClientNode(getGateway);
describePython(getGateway);
describeInformers(getGateway);
// Last, because it changes the connection, and with that what is under way on it ends.
describeHelm(getGateway);
