/** A replica that prepares one image: `prepare.ts REGISTRY [STEP …]`. For tests that kill it. */
import { createReplica, requestFor } from './replica.ts';

const [registry = '', ...steps] = process.argv.slice(2);
console.log(await createReplica(registry).prepare(requestFor(registry, ...steps), new AbortController().signal));
