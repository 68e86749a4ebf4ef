// Asks node-postgres and postgres.js what they return for each type, and PostgreSQL what PostgREST would send. Zod then
// judges the texts. Arguments: the URL of a database, and JSON of `{ "types": { "uuid": "gen_random_uuid()", … } }`.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import postgres from 'postgres';
import { z } from 'zod';

const [url, asked] = process.argv.slice(2);
const { types } = JSON.parse(readFileSync(asked, 'utf8'));

const FORMATS = {
  uuid: z.uuid(),
  cuid: z.cuid(),
  cuid2: z.cuid2(),
  ulid: z.ulid(),
  nanoid: z.nanoid(),
  xid: z.xid(),
  ksuid: z.ksuid(),
  email: z.email(),
  url: z.url(),
  datetime: z.iso.datetime(),
  'datetime offset': z.iso.datetime({ offset: true }),
  'datetime local': z.iso.datetime({ local: true }),
  date: z.iso.date(),
  time: z.iso.time(),
  duration: z.iso.duration(),
  ip: z.union([z.ipv4(), z.ipv6()]),
  cidr: z.union([z.cidrv4(), z.cidrv6()]),
  e164: z.e164(),
  emoji: z.emoji(),
  jwt: z.jwt(),
};

const shape = (value) => {
  if (value instanceof Date) return 'Date';
  if (value instanceof Uint8Array) return 'Buffer';
  if (Array.isArray(value)) return [shape(value[0])];
  return typeof value;
};

const passed = (value) =>
  typeof value === 'string' ? Object.keys(FORMATS).filter((name) => FORMATS[name].safeParse(value).success) : null;

// The host may be the folder of a socket, which only settings can name.
const address = new URL(url);
const settings = {
  host: decodeURIComponent(address.hostname),
  port: Number(address.port || 5432),
  user: decodeURIComponent(address.username),
  database: decodeURIComponent(address.pathname.slice(1)),
};
const client = new pg.Client(settings);
await client.connect();
const sql = postgres({ ...settings, onnotice() {} });
const drivers = {
  'node-postgres': async (query) => (await client.query(query)).rows[0].v,
  'postgres-js': async (query) => (await sql.unsafe(query))[0].v,
  postgrest: async (query) =>
    JSON.parse((await client.query(`SELECT row_to_json(t)::text AS v FROM (${query}) AS t`)).rows[0].v).v,
};

const found = {};
for (const [type, value] of Object.entries(types)) {
  found[type] = {};
  for (const [driver, ask] of Object.entries(drivers)) {
    const scalar = await ask(`SELECT ${value} AS v`);
    found[type][driver] = {
      scalar: shape(scalar),
      array: shape(await ask(`SELECT ARRAY[${value}] AS v`)),
      nested: shape(await ask(`SELECT ARRAY[ARRAY[${value}]] AS v`)),
      formats: passed(scalar),
    };
  }
}
console.log(JSON.stringify({ formats: Object.keys(FORMATS), found }));
await client.end();
await sql.end();
