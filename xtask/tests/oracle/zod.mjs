// Lets Zod itself judge sample values, field by field, and says where it does not do what db-inspect says.
// Usage: node zod.mjs <folder> <zod package> <what db-inspect said, as JSON> <file.ts>…
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { boundaries, mayBe, samples } from './judge.mjs';

const [root, zod, said, ...files] = process.argv.slice(2);
const out = path.join(path.dirname(fileURLToPath(import.meta.url)), 'work', zod);
const { schemas } = JSON.parse(fs.readFileSync(said, 'utf8'));
for (const file of files) translate(file);
const differences = [];
let checked = 0;
for (const file of files) await judge(file);
process.stdout.write(JSON.stringify({ checked, differences }));

/** TypeScript → JavaScript that imports the wanted version. */
function translate(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const script = ts.transpileModule(text, { compilerOptions: options }).outputText;
  const linked = script.replace(/from '(\.[^']*)'/g, "from '$1.mjs'").replace(/from 'zod'/g, `from '${zod}'`);
  const target = path.join(out, file.replace(/\.ts$/, '.mjs'));
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, linked);
}

async function judge(file) {
  const module = await import(pathToFileURL(path.join(out, file.replace(/\.ts$/, '.mjs'))).href);
  for (const schema of schemas.filter((one) => one.file === file && !one.unresolved)) {
    const built = schema.name.split('.').reduce((value, name) => value?.[name], module);
    const shape = shapeOf(built);
    if (!shape) continue;
    const missing = Object.keys(shape).filter((name) => !schema.fields.some((field) => field.name === name));
    differences.push(...missing.map((name) => `${file}: ${schema.name}.${name} is missing`));
    for (const field of schema.fields) judgeField(`${file}: ${schema.name}.${field.name}`, shape[field.name], field);
  }
}

function shapeOf(built) {
  const { in: from, out: to } = built?._zod?.def ?? built?._def ?? {};
  if (from && to) return inBoth(shapeOf(from), shapeOf(to));
  const inner = built?._def?.schema ?? built;
  const shape = inner?.shape ?? inner?._zod?.def?.shape;
  return typeof shape === 'function' ? shape() : shape;
}

/** Of a pipe of objects each field is judged by the first, and what comes out of that by the second. */
function inBoth(from, to) {
  const piped = (first, second) => ({
    safeParse(value) {
      const passed = first.safeParse(value);
      return passed.success && second ? second.safeParse(passed.data) : passed;
    },
  });
  return from && to && Object.fromEntries(Object.entries(from).map(([name, schema]) => [name, piped(schema, to[name])]));
}

function judgeField(place, schema, field) {
  if (!schema) return differences.push(`${place} does not exist`);
  if (field.kind === 'unresolved') return;
  const takes = (value) => {
    try {
      return schema.safeParse ? schema.safeParse(value).success : false;
    } catch {
      return false;
    }
  };
  const expect = (value, wanted, what) => {
    checked += 1;
    if (takes(value) !== wanted) differences.push(`${place} ${wanted ? 'refuses' : 'takes'} ${what}`);
  };
  if (field.any || field.coerced) return;
  if (!field.refined || !field.optional) expect(undefined, field.optional, 'nothing');
  expect(null, field.nullable, 'null');
  for (const [kind, value] of Object.entries(samples)) {
    if (!mayBe(field, kind)) expect(value, false, `a ${kind}`);
  }
  boundaries(field, expect);
}
