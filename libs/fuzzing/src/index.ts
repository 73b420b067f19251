export { cut, latin1, type Sizes } from './cut.js';
export { fuzz, type FuzzTarget } from './fuzz.js';
