// Builds the npm packages from binaries: one per platform, and the launcher that depends on them.
//
//   node npm/build.mjs target/npm linux-x64-gnu=target/release/pgaccord [darwin-arm64=…]
//
// The folders that it writes are what `npm pack` and `npm publish` take. The launcher depends on the platforms that are
// named, so that a release names all of `npm/platforms.json`, with `--all` to make sure.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const platforms = JSON.parse(readFileSync(join(here, 'platforms.json'), 'utf8'));

const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
const common = {
  version: version(),
  license: 'MIT OR Apache-2.0',
  // npm refuses a package with provenance that does not name the repository whose workflow built it.
  ...(server && repository && { repository: { type: 'git', url: `git+${server}/${repository}.git` } }),
};

function version() {
  const manifest = readFileSync(join(root, 'Cargo.toml'), 'utf8');
  return manifest.match(/^version = "([^"]+)"$/m)[1];
}

function write(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const licence of ['LICENSE-MIT', 'LICENSE-APACHE']) {
    copyFileSync(join(root, licence), join(folder, licence));
  }
}

function packageOfPlatform(out, name, binary) {
  const { os, cpu, libc } = platforms[name];
  const folder = join(out, name);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  copyFileSync(binary, join(folder, 'bin/pgaccord'));
  chmodSync(join(folder, 'bin/pgaccord'), 0o755);
  write(folder, {
    name: `@pgaccord/${name}`,
    description: `The program of pgaccord for ${name}`,
    ...common,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    // Yarn keeps packages in archives, from which no program can be started.
    preferUnplugged: true,
    files: ['bin/', 'LICENSE-*'],
  });
}

function launcher(out, names) {
  const folder = join(out, 'pgaccord');
  cpSync(join(here, 'launcher'), folder, { recursive: true });
  chmodSync(join(folder, 'bin/pgaccord.js'), 0o755);
  write(folder, {
    name: 'pgaccord',
    description: 'Keeps SQL migrations, TypeScript types, API contracts and validation schemas in agreement',
    keywords: ['postgresql', 'migrations', 'schema', 'drift', 'drizzle', 'prisma', 'zod', 'typescript'],
    ...common,
    bin: { pgaccord: 'bin/pgaccord.js' },
    files: ['bin/', 'lib/', 'LICENSE-*'],
    engines: { node: '>=18' },
    optionalDependencies: Object.fromEntries(names.map((name) => [`@pgaccord/${name}`, common.version])),
  });
}

function fail(why) {
  console.error(`error: ${why}`);
  process.exit(2);
}

const all = process.argv.includes('--all');
const [out, ...given] = process.argv.slice(2).filter((argument) => argument !== '--all');
if (!out || given.length === 0) {
  fail('usage: node npm/build.mjs [--all] <folder> <platform>=<binary>…');
}
const binaries = new Map(given.map((argument) => argument.split('=', 2)));
for (const name of binaries.keys()) {
  if (!(name in platforms)) {
    fail(`\`${name}\` is no platform: it is one of ${Object.keys(platforms).join(', ')}`);
  }
}
const missing = Object.keys(platforms).filter((name) => !binaries.has(name));
if (all && missing.length > 0) {
  fail(`there is no binary for ${missing.join(', ')}`);
}
rmSync(out, { recursive: true, force: true });
for (const [name, binary] of binaries) {
  packageOfPlatform(out, name, binary);
}
launcher(out, [...binaries.keys()]);
console.log(`wrote version ${common.version} for ${[...binaries.keys()].join(', ')} to ${out}`);
