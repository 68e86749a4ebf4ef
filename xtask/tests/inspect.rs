//! `db-inspect` on a part of the sample, with what the sample lacks beside it, locked in by
//! snapshots.

use crate::reports::lock_in;
use crate::support::monorepo::Monorepo;

/// A table of Drizzle, items of arrays, what cannot be read, and a router that nobody mounts.
const MORE: &str = "import { pgTable, uuid, varchar } from 'drizzle-orm/pg-core';
import { Router } from 'express';
import type { Big } from 'big.js';
import { z } from 'zod';

export const tags = pgTable('tags', { id: uuid('id').primaryKey(), labels: varchar('labels', { length: 20 }).array() });
export const TagSchema = z.object({
  labels: z.array(z.string().min(2).max(20)).max(5),
  rank: z.number().int().min(1).optional(),
});
export interface Price {
  amount: Big;
  currency: 'KES' | 'USD' | null;
}
export const router: Router = Router();
router.delete('/tags/:id', (request, response) => response.end());
";

const CONFIGURATION: &str = "types = ['shared-types/src/tables/user.ts', 'shared-types/src/more.ts']
validation = ['shared-types/src/validation/user-profile.ts', 'shared-types/src/more.ts']
drizzle = ['shared-types/src/more.ts']
contracts = ['shared-types/src/contracts/user.ts']
routes = ['shared-types/src/routes/users.ts', 'shared-types/src/routes/app.ts', 'shared-types/src/more.ts']
";

/// A build has written `lib`, and a generator `db.gen.ts`. Both are ignored; only the second is
/// named by a glob of its own.
#[test]
fn what_git_ignores_has_no_role_unless_a_glob_means_it() {
    let repo = Monorepo::empty();
    repo.write("src/.gitignore", "lib/\n*.gen.ts\n");
    for file in ["src/user.ts", "src/lib/user.ts", "src/db.gen.ts"] {
        repo.write(file, "export interface UserRow { id: string }\n");
    }
    repo.write("inspect.toml", "types = ['src/**/*.ts']\n");
    let inspect = || {
        repo.run(&["--config", "inspect.toml", "db-inspect"])
            .must_exit(0)
            .stdout
    };
    let shown = inspect();
    assert!(
        shown.contains("read 1 of 1 files (2 more ignored by git): 1 types"),
        "{shown}"
    );
    repo.write("inspect.toml", "types = ['src/**/*.ts', 'src/db.gen.ts']\n");
    let shown = inspect();
    assert!(
        shown.contains("read 2 of 2 files (1 more ignored by git): 2 types"),
        "{shown}"
    );
    assert!(shown.contains("src/db.gen.ts:1"), "{shown}");
}

#[test]
fn what_was_read_is_shown_to_people_and_programs() {
    let repo = Monorepo::sample();
    repo.write("shared-types/src/more.ts", MORE);
    repo.write("inspect.toml", CONFIGURATION);
    let human = repo
        .run(&["--config", "inspect.toml", "db-inspect"])
        .must_exit(0);
    lock_in("inspect.human", &human.stdout);
    let json = repo
        .run(&["--config", "inspect.toml", "db-inspect", "--format", "json"])
        .must_exit(0);
    lock_in("inspect.json", &json.stdout);
}
