import { collectRarely } from '../src/collect-rarely.js';

collectRarely();
console.log('done');
