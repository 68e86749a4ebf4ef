// What Sequelize itself makes of models: their tables, and the attributes with their columns, without a database.
// Usage: node sequelize.mjs <folder> <default|underscored> <file.ts>…
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { classes, load } from './compile.mjs';

const require = createRequire(import.meta.url);
const { Model, Sequelize } = require('sequelize-typescript');

const [root, naming, ...files] = process.argv.slice(2);
const hasTable = (one) => one.prototype instanceof Model && Reflect.hasOwnMetadata('sequelize:modelName', one.prototype);
const sequelize = new Sequelize({
  dialect: 'postgres',
  define: { underscored: naming === 'underscored' },
  models: classes(load(`sequelize-${naming}`, root, files)).filter(hasTable),
});
process.stdout.write(JSON.stringify({ tables: Object.values(sequelize.models).map(describe) }));

function describe(model) {
  const table = model.getTableName();
  const attributes = Object.values(model.getAttributes()).filter((one) => one.type.key !== 'VIRTUAL');
  return {
    table: typeof table === 'string' ? table : `${table.schema}.${table.tableName}`,
    columns: attributes.map((attribute) => ({
      name: attribute.field,
      type: attribute.type.key === 'ENUM' ? 'enum' : attribute.type.toSql().toLowerCase(),
      nullable: attribute.primaryKey ? false : attribute.allowNull ?? null,
      primary: attribute.primaryKey === true,
      default: attribute.autoIncrement === true,
    })),
  };
}
