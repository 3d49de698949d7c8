import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { valuesSchema } from './src/values.ts';

/** Writes the JSON Schema of values files, which editors complete and check them by. */
const schema = z.toJSONSchema(valuesSchema, { io: 'input' });
writeFileSync(new URL('values.schema.json', import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
