// What TypeORM itself makes of entities: the tables and columns of its metadata, without a database.
// Usage: node typeorm.mjs <folder> <default|snake> <file.ts>…
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { classes, load } from './compile.mjs';

const require = createRequire(import.meta.url);
const { DataSource } = require('typeorm');
const { SnakeNamingStrategy } = require('typeorm-naming-strategies');

const [root, naming, ...files] = process.argv.slice(2);
const source = new DataSource({
  type: 'postgres',
  entities: classes(load(`typeorm-${naming}`, root, files)),
  namingStrategy: naming === 'snake' ? new SnakeNamingStrategy() : undefined,
});
await source.buildMetadatas();
const tables = source.entityMetadatas.filter((table) => table.tableType !== 'entity-child').map(describe);
process.stdout.write(JSON.stringify({ tables }));

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
    keys: keysOf(table),
  };
}

/** The keys that the schema builder makes. */
function keysOf(table) {
  const names = (columns) => columns.map((column) => column.databaseName);
  const indices = table.indices.filter((index) => index.isUnique && !index.where && index.synchronize);
  return {
    primary: names(table.primaryColumns),
    uniques: [...table.uniques, ...indices].map((unique) => names(unique.columns)),
    foreign: table.foreignKeys.map((key) => ({
      columns: names(key.columns),
      table: key.referencedEntityMetadata.schema
        ? `${key.referencedEntityMetadata.schema}.${key.referencedEntityMetadata.tableName}`
        : key.referencedEntityMetadata.tableName,
      referenced: names(key.referencedColumns),
      onDelete: key.onDelete,
      onUpdate: key.onUpdate,
    })),
    junction: table.tableType === 'junction' || table.tableType === 'closure-junction',
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
