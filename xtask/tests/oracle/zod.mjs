// Lets Zod itself judge sample values, field by field, and says where it does not do what db-inspect says.
// Usage: node zod.mjs <folder> <zod package> <what db-inspect said, as JSON> <file.ts>…
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const [root, zod, said, ...files] = process.argv.slice(2);
const out = path.join(path.dirname(fileURLToPath(import.meta.url)), 'work', zod);
const { schemas } = JSON.parse(fs.readFileSync(said, 'utf8'));
for (const file of files) translate(file);
const samples = {
  string: 'sample text',
  number: 12.5,
  bigint: 12n,
  boolean: true,
  date: new Date(0),
  array: [new Map()],
  json: { some: { deep: 'thing' } },
};
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

function mayBe(field, kind) {
  if (field.kind === 'union') return field.members.some((member) => mayBe(member, kind));
  if (field.kind === 'enum') return false;
  return field.any || field.kind === kind || (field.kind === 'json' && ['json', 'array', 'date'].includes(kind));
}

/** What lies on and just beyond each bound. */
function boundaries(field, expect) {
  const free = !field.refined && !field.format && !field.pattern && !field.transformed;
  const text = (length) => 'x'.repeat(Math.max(0, length));
  if (field.kind === 'enum' && !field.refined) {
    for (const value of field.values) expect(value, true, `'${value}'`);
    expect('no such value', false, 'another string');
  }
  if (field.kind === 'string') {
    if (field.maxLength !== undefined) expect(text(field.maxLength + 1), false, 'a text that is too long');
    if (field.minLength > 0) expect(text(field.minLength - 1), false, 'a text that is too short');
    if (free) expect(text(Math.max(field.minLength ?? 0, Math.min(field.maxLength ?? 3, 3))), true, 'a text that fits');
    if (free && field.maxLength !== undefined) expect(text(field.maxLength), true, 'a text of the greatest length');
    if (field.pattern !== undefined) expect('\u0000 no match \u0000', false, 'a text of another pattern');
    if (field.format && field.format !== 'emoji') expect('no such format!', false, 'a text of another format');
    if (field.format === 'uuid' && !field.refined) expect('6f1c1f5e-8c1b-4b0c-9d3e-2f9a5f0c7a11', true, 'a uuid');
    if (field.format === 'email' && !field.refined) expect('someone@example.com', true, 'an address');
  }
  if (field.kind === 'number') {
    if (field.minimum !== undefined) expect(field.minimum - 1, false, 'a number that is too small');
    if (field.maximum !== undefined) expect(field.maximum + 1, false, 'a number that is too large');
    if (field.exclusiveMinimum !== undefined) expect(field.exclusiveMinimum, false, 'the number itself');
    if (field.exclusiveMaximum !== undefined) expect(field.exclusiveMaximum, false, 'the number itself');
    if (field.integer) expect(1.5, false, 'a fraction');
    if (free && field.minimum !== undefined) expect(field.minimum, true, 'the smallest number');
    if (free && field.maximum !== undefined) expect(field.maximum, true, 'the largest number');
  }
  if (field.kind === 'array') items(field, expect);
}

/** A list that is too long or too short, and lists of what an item may and may not be. */
function items(field, expect) {
  const { items, maxLength, minLength } = field;
  if (maxLength !== undefined) {
    expect(Array(maxLength + 1).fill('someone@example.com'), false, 'a list that is too long');
  }
  if (minLength > 0) expect(Array(minLength - 1).fill('someone@example.com'), false, 'a list that is too short');
  if (items.kind === 'unresolved' || items.any || items.coerced || maxLength === 0) return;
  const free = !field.refined && !field.transformed;
  const length = Math.max(minLength ?? 1, 1);
  const expectList = (value, wanted, what) => {
    if (free || !wanted) expect(Array(length).fill(value), wanted, `a list of ${what}`);
  };
  for (const [kind, value] of Object.entries(samples)) {
    if (!mayBe(items, kind)) expectList(value, false, `a ${kind}`);
  }
  boundaries(items, expectList);
}
