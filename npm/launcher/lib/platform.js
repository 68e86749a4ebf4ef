// Finds the binary: npm installs the one package of `optionalDependencies` that fits the machine.
'use strict';

const { optionalDependencies = {} } = require('../package.json');

const SCOPE = '@pgaccord/';
const PROGRAM = 'bin/pgaccord';

// The platforms that fit, in the order of their names: glibc before musl.
function candidates(platform, arch) {
  const name = `${platform}-${arch}`;
  return Object.keys(optionalDependencies)
    .map((dependency) => dependency.slice(SCOPE.length))
    .filter((candidate) => candidate === name || candidate.startsWith(`${name}-`))
    .sort();
}

// The best of several platforms that fit. Making the report takes milliseconds, so it is asked only where it matters.
function best(names) {
  return names.length > 1 && !isGlibc() ? names[names.length - 1] : names[0];
}

function isGlibc() {
  // Looking up the names of all open connections is no business of ours, and slow.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime !== undefined;
}

function resolve(name) {
  try {
    return require.resolve(`${SCOPE}${name}/${PROGRAM}`);
  } catch {
    return undefined;
  }
}

// `{ path }` of the binary, or `{ why }` there is none.
function binary(platform = process.platform, arch = process.arch) {
  const names = candidates(platform, arch);
  // Package managers that do not know `libc` install both packages for Linux.
  const installed = names.filter((name) => resolve(name));
  if (installed.length > 0) {
    return { path: resolve(best(installed)) };
  }
  return { why: names.length > 0 ? notInstalled(best(names)) : notSupported(platform, arch) };
}

function notInstalled(name) {
  const other = Object.keys(optionalDependencies).find((dependency) => resolve(dependency.slice(SCOPE.length)));
  const cause = other
    ? `\`${other}\` is there instead: these modules were installed on another machine`
    : 'optional dependencies were left out (`--no-optional`, `--omit=optional`), or a lock file from another machine lacks it';
  return (
    `the package \`${SCOPE}${name}\` with the program for this machine is not installed: ${cause}. ` +
    'Install again on this machine, with optional dependencies'
  );
}

function notSupported(platform, arch) {
  const known = Object.keys(optionalDependencies).map((dependency) => dependency.slice(SCOPE.length));
  const way =
    platform === 'win32'
      ? 'It needs what Unix has (process groups, sockets in the file system, permissions of files): run it in WSL'
      : 'Build it from its sources with Rust (`cargo install`)';
  return `there is no program for ${platform}-${arch}, only for ${known.join(', ')}. ${way}`;
}

module.exports = { binary };
