// What MikroORM itself makes of entities: the tables, columns and keys of its schema for PostgreSQL, without a database.
// Usage: node mikroorm.mjs <folder> <underscore|entity-case> <file.ts>…
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { classes, load } from './compile.mjs';

const require = createRequire(import.meta.url);
const { EntityCaseNamingStrategy, MikroORM, ReflectMetadataProvider, UnderscoreNamingStrategy } = require('@mikro-orm/core');
const { DatabaseSchema } = require('@mikro-orm/knex');
const { PostgreSqlDriver } = require('@mikro-orm/postgresql');

const [root, naming, ...files] = process.argv.slice(2);
const isEntity = (one) => /^(class) /.test(Function.prototype.toString.call(one));
const orm = MikroORM.initSync({
  driver: PostgreSqlDriver,
  dbName: 'none',
  connect: false,
  entities: classes(load(`mikroorm-${naming}`, root, files)).filter(isEntity),
  metadataProvider: ReflectMetadataProvider,
  metadataCache: { enabled: false },
  namingStrategy: naming === 'entity-case' ? EntityCaseNamingStrategy : UnderscoreNamingStrategy,
  // What a class gives a property is the class's, and no default of the database.
  discovery: { inferDefaultValues: false, warnWhenNoEntities: false },
});
const platform = orm.em.getDriver().getPlatform();
const metadata = Object.values(orm.getMetadata().getAll()).filter(
  // Children share the table of their root, which has their columns.
  (one) => !one.embeddable && !one.virtual && !(one.root !== one && one.root.discriminatorColumn),
);
const schema = DatabaseSchema.fromMetadata(metadata, platform, orm.config);
process.stdout.write(JSON.stringify({ tables: schema.getTables().map(describe) }));

function describe(table) {
  const isJoin = metadata.some((one) => one.pivotTable && one.tableName === table.name);
  const indexes = table.getIndexes();
  return {
    table: table.schema && table.schema !== 'public' ? `${table.schema}.${table.name}` : table.name,
    join: isJoin,
    columns: table.getColumns().map((column) => ({
      name: column.name,
      type: column.nativeEnumName ?? column.type.toLowerCase(),
      nullable: column.nullable === true,
      default: (column.default !== undefined && column.default !== null && column.default !== 'null') || column.autoincrement === true,
    })),
    keys: isJoin
      ? undefined
      : {
          primary: indexes.find((index) => index.primary)?.columnNames ?? [],
          uniques: indexes.filter((index) => index.unique && !index.primary && !index.expression).map((index) => index.columnNames),
          foreign: Object.values(table.getForeignKeys()).map((key) => ({
            columns: key.columnNames,
            table: key.referencedTableName.replace(/^public\./, ''),
            referenced: key.referencedColumnNames,
          })),
        },
  };
}
