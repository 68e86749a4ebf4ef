// What TypeORM itself makes of entities: the tables and columns of its metadata, without a database.
// Usage: node typeorm.mjs <folder> <default|snake> <file.ts>…
import 'reflect-metadata';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const { DataSource } = require('typeorm');
const { SnakeNamingStrategy } = require('typeorm-naming-strategies');

const [root, naming, ...files] = process.argv.slice(2);
const out = path.join(path.dirname(fileURLToPath(import.meta.url)), 'work', `typeorm-${naming}`);
const scripts = files.map(translate);
const classes = scripts.flatMap((script) => Object.values(require(script)));
const source = new DataSource({
  type: 'postgres',
  entities: classes.filter((one) => typeof one === 'function'),
  namingStrategy: naming === 'snake' ? new SnakeNamingStrategy() : undefined,
});
await source.buildMetadatas();
const tables = source.entityMetadatas.filter((table) => table.tableType !== 'entity-child').map(describe);
process.stdout.write(JSON.stringify({ tables }));

/** TypeScript → CommonJS, with the types of properties as TypeORM wants them. */
function translate(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
  };
  const target = path.join(out, file.replace(/\.ts$/, '.js'));
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(path.join(out, 'package.json'), '{"type":"commonjs"}');
  // Modules import each other: metadata names classes that are not there yet.
  const script = ts.transpileModule(text, { compilerOptions }).outputText;
  fs.writeFileSync(target, script);
  return target;
}

function describe(table) {
  const columns = table.columns.filter((column) => !column.isVirtualProperty);
  return {
    table: table.schema ? `${table.schema}.${table.tableName}` : table.tableName,
    view: table.tableType === 'view',
    columns: columns.map((column) => ({
      name: column.databaseName,
      type: typeOf(column),
      nullable: column.isNullable,
      default: column.default !== undefined && column.default !== null ? true : column.isGenerated || column.generatedType !== undefined,
    })),
  };
}

/** As `format_type` of PostgreSQL writes it. */
function typeOf(column) {
  const type = source.driver.normalizeType(column);
  const name = type === 'enum' ? column.enumName ?? 'enum' : type;
  const modifiers = column.length
    ? [column.length]
    : [column.precision, column.scale].filter((one) => one !== undefined && one !== null);
  if (name === 'numeric' && modifiers.length === 1) modifiers.push(0);
  const [head, zone] = name.endsWith('time zone') ? name.split(/ (?=with)/) : [name];
  const sized = modifiers.length > 0 ? `${head}(${modifiers.join(',')})` : head;
  return (zone ? `${sized} ${zone}` : sized) + (column.isArray ? '[]' : '');
}
