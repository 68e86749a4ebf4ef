#!/usr/bin/env node
// Starts the binary of this platform's package. Arguments, streams, signals and the exit code pass through.
'use strict';

const { spawn } = require('node:child_process');
const { binary } = require('../lib/platform.js');
const { calledAs } = require('../lib/called-as.js');

const CANNOT_WORK = 2;

function fail(why) {
  process.stderr.write(`error: ${why}\n`);
  process.exit(CANNOT_WORK);
}

// Asked by number, because node makes a stream of each of its own that is asked, which takes milliseconds.
function isOnTerminal() {
  const { isatty } = require('node:tty');
  return [0, 1, 2].some((descriptor) => isatty(descriptor));
}

function start(path) {
  const child = spawn(path, process.argv.slice(2), {
    stdio: 'inherit',
    env: { ...process.env, PGACCORD_CALLED_AS: calledAs(process.env) },
  });
  child.on('error', (error) => fail(`cannot start \`${path}\`: ${error.message}`));

  // Ctrl-C reaches the whole group of a terminal, the binary included. A second signal would cut short what it
  // does to end well; so it is only waited for.
  process.on('SIGINT', () => isOnTerminal() || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => child.kill(signal));
  }

  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    // Ends by the same signal, which a shell tells from an exit code.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // A signal that node ignores.
    setTimeout(() => process.exit(128 + require('node:os').constants.signals[signal]), 100);
  });
}

const found = binary();
if (found.path) {
  start(found.path);
} else {
  fail(found.why);
}
