// Compiles the kernels anew: `npm run kernels`, after a change of one of their sources.
import { writeFileSync } from 'node:fs';
import { compiledModule, kernels, pathOf } from './kernels.mjs';

for (const kernel of kernels) writeFileSync(pathOf(kernel), await compiledModule(kernel));
