// Applies the migrations in a folder with drizzle-orm's own migrator, as a program does that calls it at its start.
// Arguments: the folder of the package drizzle-orm, the folder of the migrations. DATABASE_URL names the database.
import { createRequire } from 'node:module';

const [drizzleFolder, migrationsFolder] = process.argv.slice(2);
// The packages are not installed beside this script.
const require = createRequire(`${drizzleFolder}/`);
const { drizzle } = require('drizzle-orm/node-postgres');
const { migrate } = require('drizzle-orm/node-postgres/migrator');
const { Client } = require('pg');

const client = new Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await migrate(drizzle(client), { migrationsFolder });
await client.end();
