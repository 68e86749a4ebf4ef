//! Measures what each reader costs a monorepo that does not use it: 3,000 files of plain types and schemas,
//! read with the files of one reader beside them that nothing configures, and with the reader
//! configured where it finds nothing. Each is compared with the same monorepo read plainly.
//!
//! `cargo bench --bench readers`; `BENCH_FILES=30000` reads so many files. All take turns, since a
//! machine is not always equally fast.

mod generated;

use std::path::Path;
use std::time::{Duration, Instant};

use xtask::internals::config::Config;
use xtask::internals::readers::{self, Input};
use xtask::internals::tree::WorkingTree;

const RUNS: u32 = 15;

/// A monorepo that no reader slows may be so much slower: below that runs of the same differ.
const MOST: f64 = 1.05;

/// The keys of a monorepo that only has types and schemas.
const PLAIN: &str = "types = ['src/**/*.ts']\nvalidation = ['src/**/*.ts']\n";

/// A reader of other descriptions.
struct Other {
    name: &'static str,
    /// The key that names its files.
    key: &'static str,
    /// The end of its files' names.
    ending: &'static str,
    /// One of its files, `#` in place of a number.
    text: &'static str,
}

const OTHERS: &[Other] = &[
    Other {
        name: "Prisma",
        key: "prisma",
        ending: "prisma",
        text: "model Thing# {\n  id Int @id\n  name String? @db.VarChar(40)\n}\n",
    },
    Other {
        name: "OpenAPI",
        key: "openapi",
        ending: "yaml",
        text: "openapi: 3.0.0\npaths:\n  /things#: { get: { responses: { 200: { description: all } } } }\n",
    },
    Other {
        name: "TypeORM",
        key: "typeorm",
        ending: "entity.ts",
        text: "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('thing#') export class Thing# { @PrimaryColumn() id: string; @Column({ length: 40 }) name: string }\n",
    },
    Other {
        name: "MikroORM",
        key: "mikroorm",
        ending: "entity.ts",
        text: "import { Entity, PrimaryKey, Property } from '@mikro-orm/core';\n@Entity() export class Thing# { @PrimaryKey() id!: number; @Property({ length: 40 }) name!: string }\n",
    },
    Other {
        name: "Sequelize",
        key: "sequelize",
        ending: "model.ts",
        text: "import { Column, Model, Table } from 'sequelize-typescript';\n@Table export class Thing# extends Model { @Column name!: string }\n",
    },
    Other {
        name: "class-validator and routes",
        key: "routes",
        ending: "controller.ts",
        text: "import { Controller, Get } from '@nestjs/common';\n@Controller('things#') export class Things# { @Get() all() {} }\n",
    },
];

/// So many files of a reader lie beside the monorepo.
const FILES: usize = 200;

/// One way of reading, with its shortest run. Other work of the machine only makes a run longer.
struct Measured {
    what: String,
    config: Config,
    shortest: Duration,
}

impl Measured {
    fn new(what: String, root: &Path, keys: &str) -> Self {
        let file = root.join("db.toml");
        std::fs::write(&file, keys).expect("a file");
        Self {
            what,
            config: Config::load(root, Some(&file)).expect("a configuration"),
            shortest: Duration::MAX,
        }
    }

    fn time(&mut self, tree: &WorkingTree) {
        let start = Instant::now();
        let facts = readers::read(&Input {
            tree,
            config: &self.config,
            cache: None,
        })
        .expect("the tree can be read");
        self.shortest = self.shortest.min(start.elapsed());
        assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let files = std::env::var("BENCH_FILES").ok();
    let files = files.map_or(generated::FILES, |text| {
        text.parse().expect("a number of files")
    });
    generated::monorepo(root, files);
    std::fs::create_dir(root.join("nothing")).expect("a folder");
    let mut all = vec![Measured::new("plain".into(), root, PLAIN)];
    for other in OTHERS {
        let finds_nothing = format!("{PLAIN}{} = ['nothing/**/*.{}']\n", other.key, other.ending);
        let what = format!("{}, configured and without a file", other.name);
        all.push(Measured::new(what, root, &finds_nothing));
    }
    for _ in 0..RUNS {
        let tree = WorkingTree::new(root);
        all.iter_mut().for_each(|one| one.time(&tree));
    }
    let alone = all[0].shortest;
    // The same again with the files of all readers beside it, which nothing configures.
    for other in OTHERS {
        let beside = root.join(format!("beside/{}", other.key));
        std::fs::create_dir_all(&beside).expect("a folder");
        for at in 0..FILES {
            let text = other.text.replace('#', &at.to_string());
            let file = beside.join(format!("thing{at}.{}", other.ending));
            std::fs::write(file, text).expect("a file");
        }
    }
    let what = "the files of every reader beside it, unconfigured";
    let mut beside = Measured::new(what.into(), root, PLAIN);
    for _ in 0..RUNS {
        beside.time(&WorkingTree::new(root));
    }
    all.push(beside);
    for one in &all {
        let ratio = one.shortest.as_secs_f64() / alone.as_secs_f64();
        println!(
            "{}: {:?}, ratio {ratio:.3} (at most {MOST})",
            one.what, one.shortest
        );
    }
}
