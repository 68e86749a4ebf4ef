// Prints the SQL with which Prisma's own engine would make the database of a schema.
// usage: node prisma-ddl.mjs ROOT FILE...
import fs from 'node:fs';
import path from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
// The package exports what bundlers load; node needs the parts themselves.
import * as engine from './node_modules/@prisma/schema-engine-wasm/schema_engine_bg.js';

const [root, ...names] = process.argv.slice(2);
const files = names.map((name) => ({ path: name, content: fs.readFileSync(path.join(root, name), 'utf8') }));

const binary = new URL('./node_modules/@prisma/schema-engine-wasm/schema_engine_bg.wasm', import.meta.url);
const { instance } = await WebAssembly.instantiate(fs.readFileSync(binary), { './schema_engine_bg.js': engine });
engine.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

// The engine asks for the version before it writes SQL, and for nothing else.
const version = {
  columnNames: ['exists', 'version', 'numeric_version'],
  columnTypes: [5, 7, 0],
  rows: [[true, 'PostgreSQL 15.0', 150000]],
};
const adapter = {
  provider: 'postgres',
  adapterName: 'version only',
  connect: async () => ({
    provider: 'postgres',
    adapterName: 'version only',
    queryRaw: async () => version,
    executeRaw: async () => 0,
    executeScript: async () => {},
    dispose: async () => {},
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
  }),
  connectToShadowDb: async () => { throw new Error('there is no shadow database'); },
};
const datamodels = files.map((file) => [file.path, file.content]);
const started = await engine.SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(adapter));
const { stdout } = await started.diff({
  from: { tag: 'empty' },
  to: { tag: 'schemaDatamodel', files },
  script: true,
  shadowDatabaseUrl: null,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
});
console.log(JSON.stringify({ sql: stdout }));
