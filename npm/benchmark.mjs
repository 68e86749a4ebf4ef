// Measures the time that the launcher adds to the program: `node npm/benchmark.mjs <launcher> <binary>`, where the first is
// an installed launcher (`node_modules/pgaccord`). Nearly all of it is node's own start.
//
// Beside each median stand the fastest run, which what else the machine does disturbs least, and on Linux the processor
// time, which it does not disturb at all.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const RUNS = 101;
const [launcher, binary] = process.argv.slice(2);
if (!launcher || !binary) {
  console.error('usage: node npm/benchmark.mjs <folder of the installed launcher> <binary>');
  process.exit(2);
}

// The processor time of all children that have ended, in milliseconds; none but on Linux.
function ofChildren() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    return (Number(fields[13]) + Number(fields[14])) * 10; // ticks of 10 ms
  } catch {
    return undefined;
  }
}

function once(program, args) {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  if (status !== 0) {
    throw new Error(`${program} ended with ${status}`);
  }
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const programs = {
  'the program alone': () => once(binary, ['--version']),
  'node alone': () => once(process.execPath, ['-e', '0']),
  'through the launcher': () => once(process.execPath, [join(launcher, 'bin/pgaccord.js'), '--version']),
};
const names = Object.keys(programs);
// Alternating, so that what else the machine does disturbs all alike.
const times = Object.fromEntries(names.map((name) => [name, []]));
for (let run = 0; run < RUNS; run += 1) {
  for (const name of names) {
    times[name].push(programs[name]());
  }
}
// One after the other: a tick is longer than a run, so that only many together tell.
const processor = {};
for (const name of names) {
  const before = ofChildren();
  for (let run = 0; run < RUNS; run += 1) {
    programs[name]();
  }
  processor[name] = (ofChildren() - before) / RUNS;
}

const sorted = (name) => times[name].toSorted((a, b) => a - b);
const figures = (name) => [sorted(name)[Math.floor(RUNS / 2)], sorted(name)[0], processor[name]];
const row = (figures, what) => console.log(figures.map((one) => one.toFixed(1).padStart(10)).join('') + `  ${what}`);
console.log(['median', 'fastest', 'processor'].map((head) => head.padStart(10)).join('') + '  in milliseconds');
for (const name of names) {
  row(figures(name), name);
}
const alone = figures('the program alone');
row(figures('through the launcher').map((one, at) => one - alone[at]), 'added by the launcher');
