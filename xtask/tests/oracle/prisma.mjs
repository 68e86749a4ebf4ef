// Compares db-inspect with Prisma's own parser: models, columns, keys and enums of one schema.
// usage: node prisma.mjs INSPECTED.json ROOT FILE...
import fs from 'node:fs';
import path from 'node:path';
import wasm from '@prisma/prisma-schema-wasm';

const [inspected, root, ...files] = process.argv.slice(2);
const ours = JSON.parse(fs.readFileSync(inspected, 'utf8'));
/** Without what this version of Prisma refuses and older ones take: where the database is, old previews. */
const current = (schema) => schema
  .replace(/^\s*(?:url|directUrl|shadowDatabaseUrl)\s*=.*$/gm, '')
  .replace(/^\s*previewFeatures\s*=.*$/gm, '  previewFeatures = ["views", "postgresqlExtensions", "partialIndexes"]');
const prismaSchema = files.map((file) => [file, current(fs.readFileSync(path.join(root, file), 'utf8'))]);
const hasForeignKeys = !prismaSchema.some(([, schema]) => /relationMode\s*=\s*"prisma"/.test(schema));
const { datamodel } = JSON.parse(wasm.get_dmmf(JSON.stringify({ prismaSchema })));

const text = prismaSchema.map(([, one]) => one).join('\n');

const KINDS = {
  String: 'string', Boolean: 'boolean', Int: 'number', BigInt: 'bigint', Float: 'number',
  Decimal: 'json', DateTime: 'date', Json: 'json', Bytes: 'bytes',
};
const SQL = {
  String: 'text', Boolean: 'boolean', Int: 'integer', BigInt: 'bigint', Float: 'double precision',
  Decimal: 'numeric(65,30)', DateTime: 'timestamp(3) without time zone', Json: 'jsonb', Bytes: 'bytea',
};
const NATIVE = {
  Text: 'text', VarChar: 'character varying', Char: 'character', Bit: 'bit', VarBit: 'bit varying',
  Uuid: 'uuid', Xml: 'xml', Inet: 'inet', Citext: 'citext', Boolean: 'boolean', Integer: 'integer',
  SmallInt: 'smallint', Oid: 'oid', BigInt: 'bigint', Real: 'real', DoublePrecision: 'double precision',
  Decimal: 'numeric', Money: 'money', Timestamp: 'timestamp without time zone',
  Timestamptz: 'timestamp with time zone', Date: 'date', Time: 'time without time zone',
  Timetz: 'time with time zone', Json: 'json', JsonB: 'jsonb', ByteA: 'bytea',
};
const ACTIONS = {
  NoAction: 'NO ACTION', Restrict: 'RESTRICT', Cascade: 'CASCADE', SetNull: 'SET NULL', SetDefault: 'SET DEFAULT',
};
/** What the database fills in; the rest is the client's. */
const BY_DATABASE = ['now', 'autoincrement', 'dbgenerated', 'sequence'];

let checked = 0;
const differences = [];
function equal(place, theirs, said) {
  checked += 1;
  const [left, right] = [theirs, said].map((one) => JSON.stringify(one ?? null));
  if (left !== right) differences.push(`${place}: Prisma says ${left}, db-inspect ${right}`);
}

function native([name, modifiers]) {
  const numbers = name === 'Char' || name === 'Bit' ? (modifiers.length ? modifiers : ['1']) : modifiers;
  const full = name === 'Decimal' && numbers.length === 1 ? [...numbers, '0'] : numbers;
  const suffix = full.length ? `(${full.join(',')})` : '';
  const [head, ...zone] = NATIVE[name].split(/ (?=with(?:out)? time zone)/);
  return [head + suffix, ...zone].join(' ');
}

const named = (name, dbName, schema) =>
  (schema && schema !== 'public' ? `${schema}.` : '') + (dbName ?? name);
const enums = new Map(datamodel.enums.map((one) => [one.name, one]));
const models = new Map(datamodel.models.map((one) => [one.name, one]));

function column(place, field, said) {
  const declared = enums.get(field.type);
  equal(`${place} column`, field.dbName ?? field.name, said.column);
  equal(`${place} list`, field.isList, said.kind === 'array');
  equal(`${place} null`, !field.isRequired && !field.isList, said.nullable);
  const item = said.kind === 'array' ? said.items : said;
  if (field.kind === 'enum') {
    equal(`${place} values`, declared.values.map((value) => value.dbName ?? value.name), item.values);
  } else {
    equal(`${place} kind`, KINDS[field.type], item.kind);
    const type = field.nativeType ? native(field.nativeType) : SQL[field.type];
    equal(`${place} type`, type + (field.isList ? '[]' : ''), said.sqlType);
  }
  const isFilled = field.hasDefaultValue || field.isUpdatedAt;
  equal(`${place} default`, isFilled, said.default ?? false);
  const isFunction = field.default && typeof field.default === 'object' && !Array.isArray(field.default);
  const byDatabase = field.hasDefaultValue && (!isFunction || BY_DATABASE.includes(field.default.name));
  equal(`${place} database default`, byDatabase, said.sqlDefault ?? false);
}

function columnsOf(model, names) {
  return names.map((name) => {
    const field = model.fields.find((one) => one.name === name);
    return field.dbName ?? field.name;
  });
}

function keys(model, said) {
  const id = model.primaryKey?.fields ?? model.fields.filter((one) => one.isId).map((one) => one.name);
  equal(`${model.name} primary key`, id.length ? columnsOf(model, id) : null, said.keys.primary);
  const own = model.fields.filter((one) => one.isUnique).map((one) => [one.name]);
  const all = [...own, ...model.uniqueFields].map((names) => columnsOf(model, names));
  // A unique primary key is only that to the DMMF, and what is unique in two ways is listed twice.
  const sorted = (lists) => [...new Set(lists.map((list) => list.join()))].filter((one) => one !== columnsOf(model, id).join()).sort();
  equal(`${model.name} uniques`, sorted(all), sorted(said.keys.uniques));
  for (const field of model.fields.filter((one) => hasForeignKeys && one.relationFromFields?.length)) {
    const other = models.get(field.type);
    // A model that the client leaves out is in no DMMF.
    if (!other) continue;
    const columns = columnsOf(model, field.relationFromFields);
    const key = said.keys.foreign.find((one) => one.columns.join() === columns.join() && one.table === named(other.name, other.dbName, other.schema));
    equal(`${model.name}.${field.name} key`, columnsOf(other, field.relationToFields), key?.referenced);
    if (field.relationOnDelete) equal(`${model.name}.${field.name} onDelete`, ACTIONS[field.relationOnDelete], key?.onDelete);
    if (field.relationOnUpdate) equal(`${model.name}.${field.name} onUpdate`, ACTIONS[field.relationOnUpdate], key?.onUpdate);
  }
}

for (const model of datamodel.models) {
  const said = ours.prisma.find((one) => one.name === model.name);
  equal(`${model.name}`, named(model.name, model.dbName, model.schema), said?.statedTable);
  if (!said) continue;
  const columns = model.fields.filter((one) => one.kind === 'scalar' || one.kind === 'enum');
  for (const field of columns) {
    const found = said.fields.find((one) => one.name === field.name);
    equal(`${model.name}.${field.name}`, true, Boolean(found));
    if (found) column(`${model.name}.${field.name}`, field, found);
  }
  const known = new Set(model.fields.map((one) => one.name));
  // Columns that the client leaves out, or cannot read, are in no DMMF.
  const isLeftOut = (one) => one.any || new RegExp(`^\\s*${one.name}\\s.*@ignore`, 'm').test(text);
  const extra = said.fields.filter((one) => !known.has(one.name) && !isLeftOut(one));
  equal(`${model.name} other columns`, [], extra.map((one) => one.name));
  // A view has no keys.
  if (said.keys) keys(model, said);
}
for (const one of datamodel.enums) {
  const said = ours.enums.find((other) => other.name === one.name && other.file.endsWith('.prisma'));
  // The DMMF does not say the namespace of an enum.
  equal(`enum ${one.name}`, one.dbName ?? one.name, said?.databaseName.split('.').pop());
  equal(`enum ${one.name} values`, one.values.map((value) => value.dbName ?? value.name), said?.values);
}
console.log(JSON.stringify({ checked, models: datamodel.models.length, differences }));
