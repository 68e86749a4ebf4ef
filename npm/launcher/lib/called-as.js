// The command by which people call the launcher, for the hints of the binary.
'use strict';

const RUNNERS = { npm: 'npx', pnpm: 'pnpm', yarn: 'yarn', bun: 'bunx' };

// Package managers name themselves to the programs that they run. `npx` finds the launcher wherever it is installed,
// so it is the answer where nobody says anything.
function calledAs(environment) {
  const [manager] = (environment.npm_config_user_agent ?? '').split('/');
  return `${RUNNERS[manager] ?? 'npx'} pgaccord`;
}

module.exports = { calledAs };
