// Measures the time that the launcher adds to the program: `node npm/benchmark.mjs target/npm/pgaccord <binary>`, where
// the first is an installed launcher (`node_modules/pgaccord`). Half of it or more is node's own start.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const RUNS = 31;
const [launcher, binary] = process.argv.slice(2);
if (!launcher || !binary) {
  console.error('usage: node npm/benchmark.mjs <folder of the installed launcher> <binary>');
  process.exit(2);
}

function once(program, args) {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  if (status !== 0) {
    throw new Error(`${program} ended with ${status}`);
  }
  return Number(process.hrtime.bigint() - start) / 1e6;
}

// Alternating, so that what else the machine does disturbs all alike.
const programs = {
  'the program alone': () => once(binary, ['--version']),
  'node alone': () => once(process.execPath, ['-e', '0']),
  'through the launcher': () => once(process.execPath, [join(launcher, 'bin/pgaccord.js'), '--version']),
};
const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
for (let run = 0; run < RUNS; run += 1) {
  for (const [name, program] of Object.entries(programs)) {
    times[name].push(program());
  }
}
const median = (name) => times[name].toSorted((a, b) => a - b)[Math.floor(RUNS / 2)];
for (const name of Object.keys(programs)) {
  console.log(`${median(name).toFixed(1).padStart(7)} ms  ${name}`);
}
console.log(`${(median('through the launcher') - median('the program alone')).toFixed(1).padStart(7)} ms  added by the launcher`);
