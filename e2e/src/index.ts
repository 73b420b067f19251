export { Composition, victims, type Victim } from './composition.js';
export { callGateway, type GatewayAnswer, type GatewayCall } from './gateway-client.js';
export { GRANT_SECONDS, Journey, steps, wasForwarded, type Step } from './journey.js';
