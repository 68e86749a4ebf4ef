// Lets class-validator itself judge sample values, field by field, and says where it does not do what db-inspect says.
// Usage: node class_validator.mjs <folder> <what db-inspect said, as JSON> <file.ts>…
import 'reflect-metadata';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { load } from './compile.mjs';
import { boundaries, mayBe, samples } from './judge.mjs';

const require = createRequire(import.meta.url);
const { validateSync } = require('class-validator');
const { plainToInstance } = require('class-transformer');

const [root, said, ...files] = process.argv.slice(2);
const { schemas } = JSON.parse(fs.readFileSync(said, 'utf8'));
const differences = [];
const fields = new Set();
let checked = 0;
const modules = load('class-validator', root, files);
for (const file of files) judge(file);
process.stdout.write(JSON.stringify({ checked, fields: fields.size, differences }));

function judge(file) {
  const module = modules.get(file);
  for (const schema of schemas.filter((one) => one.file === file && !one.unresolved)) {
    for (const field of schema.fields) judgeField(`${file}: ${schema.name}.${field.name}`, module[schema.name], field);
  }
}

/** Whether the property passes, whatever is wrong about the others. */
function takes(constructor, name, value) {
  const built = plainToInstance(constructor, { [name]: value });
  return validateSync(built).every((error) => error.property !== name);
}

function judgeField(place, constructor, field) {
  if (field.kind === 'unresolved') return;
  fields.add(place);
  const expect = (value, wanted, what) => {
    checked += 1;
    if (takes(constructor, field.name, value) !== wanted) differences.push(`${place} ${wanted ? 'refuses' : 'takes'} ${what}`);
  };
  if (field.coerced || field.transformed) return;
  expect(undefined, field.optional, 'nothing');
  expect(null, field.nullable, 'null');
  if (field.any) return expect(Symbol.for('any'), true, 'anything');
  for (const [kind, value] of Object.entries(samples)) {
    // Each item is judged where the value is a list, and the value where it is none.
    if (!mayBe(field, kind)) expect(value, false, `a ${kind}`);
  }
  boundaries(field, expect);
}
