#!/usr/bin/env bash
# Installs what `cargo bench --bench peers` measures the tool against into a folder outside of the repository:
#
#   xtask/benches/peers/install.sh ../peers
#   BENCH_PEERS=../peers cargo bench --bench peers
#
# Needs node with npm, and cargo. sqlx-cli is compiled, which takes minutes. The versions are fixed, so that figures
# of two machines or of two months are figures of the same programs.
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: $0 <folder>" >&2
    exit 2
fi
mkdir -p "$1"
cd "$1"

# A package of its own, so that npm does not install into a package that it finds in a folder above.
[ -f package.json ] || echo '{ "private": true }' >package.json

# node-pg-migrate, drizzle-orm and knex connect through pg; the package dbmate holds the Go program for this machine.
npm install --no-audit --no-fund --loglevel=error --save-exact \
    dbmate@2.36.0 \
    drizzle-orm@0.45.4 \
    knex@3.3.0 \
    node-pg-migrate@9.0.0 \
    pg@8.23.1

# Only what migrations on PostgreSQL need; rustls, since it builds without the headers of OpenSSL.
cargo install sqlx-cli --version 0.9.0 --locked --root . --no-default-features --features postgres,rustls
