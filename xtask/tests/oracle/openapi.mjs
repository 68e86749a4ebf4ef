// Lets a parser of OpenAPI and a validator of JSON Schema read documents, and says where they do not say what
// db-inspect says: the operations with the names of what they take and return, and which objects pass each schema.
// Usage: node openapi.mjs <folder> <what db-inspect said, as JSON> <document>…
import fs from 'node:fs';
import path from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const [root, inspected, ...files] = process.argv.slice(2);
const { schemas, contracts } = JSON.parse(fs.readFileSync(inspected, 'utf8'));
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const VALID = {
  uuid: '6f1c1f5e-8c1b-4b0c-9d3e-2f9a5f0c7a11',
  email: 'someone@example.com',
  datetime: '2026-11-30T12:00:00Z',
  date: '2026-11-30',
  url: 'https://example.com/',
  ip: '192.168.1.1',
  '^[a-z]+$': 'abc',
  '^[0-9]{13}$': '9783161484100',
};
const OTHERS = { string: 'sample text', number: 12, boolean: true, array: [[]], json: { some: { deep: 'thing' } } };
const differences = [];
let checked = 0;
for (const file of files) await judge(file);
process.stdout.write(JSON.stringify({ checked, differences }));

async function judge(file) {
  const whole = await SwaggerParser.dereference(path.join(root, file), { dereference: { circular: true } });
  const names = new Map(Object.entries(whole.components.schemas).map(([name, schema]) => [schema, name]));
  operations(file, whole, names);
  const bundled = plain(await SwaggerParser.bundle(path.join(root, file)));
  const ajv = new Ajv({ strict: false, validateFormats: true });
  formats(ajv);
  ajv.addSchema(bundled, 'document');
  for (const name of names.values()) {
    const schema = schemas.find((one) => one.file === file && one.name === name);
    if (schema) judgeSchema(`${file}: ${name}`, ajv.compile({ $ref: `document#/components/schemas/${name}` }), schema);
    else if (whole.components.schemas[name].properties) differences.push(`${file}: ${name} is missing`);
  }
}

/** A boolean `exclusiveMinimum` of 3.0 as a number of 3.1. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  if (copy.exclusiveMinimum === true) {
    copy.exclusiveMinimum = copy.minimum;
    delete copy.minimum;
  }
  return copy;
}

function operations(file, whole, names) {
  const base = new URL(whole.servers[0].url, 'https://any.example').pathname.replace(/\/$/, '');
  const expected = [];
  for (const [at, item] of Object.entries(whole.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const { requestBody, responses } = item[method];
      const good = Object.keys(responses).find((status) => status.startsWith('2'));
      const of = (body) => named(Object.entries(body?.content ?? {}).find(([kind]) => kind.includes('json'))?.[1].schema, names);
      const written = `${base}${at}`.replace(/\{([^}]*)\}/g, ':$1');
      const parameters = parametersOf(item[method], item);
      expected.push(`${method.toUpperCase()} ${written} ${of(requestBody)} ${of(responses[good])} ${parameters}`);
    }
  }
  const found = contracts
    .filter((one) => one.path.startsWith(`${base}/`))
    .map((one) => `${one.method} ${one.path} ${one.request ?? '-'} ${one.response ?? '-'} ${said(one.inputs)}`);
  checked += expected.length;
  for (const one of expected) if (!found.includes(one)) differences.push(`${file}: no contract ${one}`);
  for (const one of found) if (!expected.includes(one)) differences.push(`${file}: no operation ${one}`);
}

/** The parameters of an operation, which hides those of its path, each with its part and its kind. */
function parametersOf(operation, item) {
  const all = new Map();
  for (const one of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) all.set(`${one.in} ${one.name}`, one);
  const read = [...all.values()].filter((one) => !['accept', 'content-type', 'authorization'].includes(one.name.toLowerCase()));
  const kind = ({ type, enum: values }) => (values ? 'enum' : type === 'integer' ? 'number' : type);
  const part = (one) => (one.in === 'header' ? 'headers' : one.in);
  return read.map((one) => `${part(one)}:${one.name}:${one.required === true}:${kind(one.schema)}`).sort().join(',');
}

/** The same by what db-inspect says. */
function said(inputs) {
  const fields = inputs.flatMap(({ part, fields }) => fields.map((field) => ({ part, ...field })));
  return fields.map((one) => `${one.part}:${one.name}:${!one.optional}:${one.kind}`).sort().join(',');
}

/** The name of a schema, or of what it lists. */
function named(schema, names) {
  return names.get(schema) ?? (schema?.items ? named(schema.items, names) : undefined) ?? '-';
}

/** A value that a field takes, by what db-inspect says of it. */
function valid(field) {
  if (field.kind === 'enum') return field.values[0];
  if (field.kind === 'union') return valid(field.members[0]);
  if (field.kind === 'boolean') return true;
  if (field.kind === 'json' && field.reference) return object(schemas.find((one) => one.name === field.reference));
  if (field.kind === 'json') return {};
  if (field.kind === 'array') {
    const items = { ...field.items, reference: field.reference };
    return Array(field.minLength ?? 0).fill(valid(items));
  }
  if (field.kind === 'number') {
    const least = Math.max(field.minimum ?? -Infinity, (field.exclusiveMinimum ?? -Infinity) + 1);
    return Number.isFinite(least) ? least : Math.min(field.maximum ?? 1, 1);
  }
  return VALID[field.pattern] ?? VALID[field.format] ?? 'x'.repeat(Math.max(field.minLength ?? 0, 1));
}

function object(schema) {
  const needed = schema.fields.filter((field) => !field.optional);
  return Object.fromEntries(needed.map((field) => [field.name, field.nullable ? null : valid(field)]));
}

function judgeSchema(place, takes, schema) {
  const base = object(schema);
  checked += 1;
  if (!takes(base)) {
    const why = JSON.stringify(takes.errors?.[0]);
    return differences.push(`${place} refuses ${JSON.stringify(base)}: ${why}`);
  }
  for (const field of schema.fields) judgeField(`${place}.${field.name}`, takes, base, field);
}

function judgeField(place, takes, base, field) {
  const expect = (value, wanted, what) => {
    checked += 1;
    const { [field.name]: _, ...rest } = base;
    const passes = takes(value === undefined ? rest : { ...rest, [field.name]: value });
    if (passes !== wanted) differences.push(`${place} ${wanted ? 'refuses' : 'takes'} ${what}`);
  };
  expect(undefined, field.optional, 'nothing');
  if (field.any) return;
  expect(null, field.nullable, 'null');
  expect(valid(field), true, JSON.stringify(valid(field)));
  for (const [kind, value] of Object.entries(OTHERS)) {
    if (!mayBe(field, kind)) expect(value, false, `a ${kind}`);
  }
  boundaries(field, expect);
}

function mayBe(field, kind) {
  if (field.kind === 'union') return field.members.some((member) => mayBe(member, kind));
  return field.any || field.kind === kind;
}

/** What lies on and just beyond each bound. */
function boundaries(field, expect) {
  const text = (length) => 'x'.repeat(Math.max(0, length));
  const free = !field.format && !field.pattern;
  if (field.kind === 'enum') {
    for (const value of field.values) expect(value, true, `'${value}'`);
    expect('no such value', false, 'another string');
  }
  if (field.kind === 'string') {
    if (field.maxLength !== undefined) expect(text(field.maxLength + 1), false, 'a text that is too long');
    if (field.minLength > 0) expect(text(field.minLength - 1), false, 'a text that is too short');
    if (free) expect(text(field.maxLength ?? 50), true, 'a text of the greatest length');
    if (field.pattern) expect('\u0000', false, 'a text of another pattern');
    if (field.format) expect('no such format!', false, 'a text of another format');
  }
  if (field.kind === 'number') {
    if (field.minimum !== undefined) expect(field.minimum - 1, false, 'a number that is too small');
    if (field.maximum !== undefined) expect(field.maximum + 1, false, 'a number that is too large');
    if (field.maximum !== undefined) expect(field.maximum, true, 'the largest number');
    if (field.minimum !== undefined) expect(field.minimum, true, 'the smallest number');
    if (field.exclusiveMinimum !== undefined) expect(field.exclusiveMinimum, false, 'the number itself');
    if (field.exclusiveMaximum !== undefined) expect(field.exclusiveMaximum, false, 'the number itself');
    if (field.exclusiveMaximum !== undefined) expect(field.exclusiveMaximum - 1, true, 'a number below it');
    expect(1.5, !field.integer, 'a fraction');
  }
  if (field.kind === 'array') {
    const item = valid({ ...field.items, reference: field.reference });
    if (field.maxLength !== undefined) expect(Array(field.maxLength + 1).fill(item), false, 'a list that is too long');
    if (field.minLength > 0) expect(Array(field.minLength - 1).fill(item), false, 'a list that is too short');
    const length = Math.max(field.minLength ?? 1, 1);
    const expectList = (value, wanted, what) => expect(Array(length).fill(value), wanted, `a list of ${what}`);
    for (const [kind, value] of Object.entries(OTHERS)) {
      if (!mayBe(field.items, kind)) expectList(value, false, `a ${kind}`);
    }
    boundaries(field.items, expectList);
  }
}
