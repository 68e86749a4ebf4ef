//! The HTML report in a real browser: search, filters, keyboard, light and dark, print, no network,
//! 2,000 tables. Where there is no browser (`CHROMIUM`, or `chromium` or `google-chrome` on `PATH`)
//! that is said, and nothing is tested.

use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::internals::findings::rules;
use xtask::internals::render::html;
use xtask::internals::report::{
    Category, ColumnAlignment, DescriptionSummary, EntityAlignment, Finding, Layer, Severity,
    Verification,
};
use xtask::internals::source::{LineIndex, Span};

use crate::support::monorepo::Monorepo;

/// The browser, and the script's folder with its packages.
struct Browser {
    program: PathBuf,
    folder: PathBuf,
}

impl Browser {
    #[expect(clippy::print_stdout, reason = "a test that does not run says so")]
    fn find() -> Option<Self> {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let known = [
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ];
        let found = || {
            known
                .iter()
                .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
                .find(|file| file.is_file())
        };
        let Some(program) = named.or_else(found) else {
            println!("not run: there is no Chromium to look at the HTML report with");
            return None;
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        install(&folder);
        Some(Self { program, folder })
    }

    fn look_at(&self, drifted: &Path, large: &Path) {
        let pictures = self.folder.join("pictures");
        std::fs::create_dir_all(&pictures).expect("a folder for pictures");
        let mut node = Command::new("node");
        node.current_dir(&self.folder)
            .arg("page.mjs")
            .args([&self.program, &pictures])
            .args([drifted, large]);
        let output = node.output().expect("node runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{}{told}",
            String::from_utf8_lossy(&output.stderr)
        );
        std::fs::write(self.folder.join("result.json"), told.as_bytes())
            .expect("the result can be written");
    }
}

/// The script and `playwright-core`, unless that was done.
fn install(folder: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    std::fs::create_dir_all(folder).expect("a folder");
    for name in ["package.json", "package-lock.json", "page.mjs"] {
        std::fs::copy(source.join(name), folder.join(name)).expect("the script");
    }
    if folder
        .join("node_modules/playwright-core/package.json")
        .is_file()
    {
        return;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(folder)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    let output = npm.output().expect("npm runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The report of the sample after a day of drift.
fn drifted(file: &Path) {
    let repo = Monorepo::sample();
    repo.edit(
        "shared-types/src/tables/user-profile.ts",
        "  bio: string | null;\n",
        "  bio: string;\n",
    );
    repo.edit(
        "shared-types/src/tables/user.ts",
        "  failed_logins: number;",
        "  failed_logins: string;",
    );
    repo.edit(
        "shared-types/src/tables/sponsor.ts",
        "  created_at: Date;\n",
        "",
    );
    repo.edit(
        "shared-types/src/domain/enums.ts",
        "'public' | 'pseudonymous' | 'anonymous'",
        "'public' | 'anonymous'",
    );
    repo.edit(
        "shared-types/src/validation/user-profile.ts",
        ".min(2).max(100)",
        ".min(2)",
    );
    repo.edit(
        "shared-types/src/validation/vote.ts",
        "  rationale: z.string().max(280).nullable(),\n",
        "  rationale: z.string().max(280).nullable(),\n  weight: z.number(),\n",
    );
    repo.edit(
        "shared-types/src/contracts/user.ts",
        "  remove: {\n    method: 'DELETE',\n    path: '/api/users/:id',\n    request: GetUserParamsSchema,\n    response: EmptySchema,\n  },\n",
        "",
    );
    repo.edit(
        "shared-types/src/domain/committee.ts",
        "  slug: string;\n",
        "",
    );
    let ran = repo.run(&["db-verify", "--format", "html"]).must_exit(1);
    std::fs::write(file, ran.stdout).expect("the page can be written");
}

/// A monorepo of 2,000 tables, one in fifty of which has a finding.
fn large(file: &Path) {
    let place = LineIndex::new("src/tables.ts".into(), "export interface Row {}".into())
        .location(Span { start: 17, end: 20 });
    let mut report = Verification::empty("`snapshots/schema.json`");
    for number in 0..2000 {
        let name = format!("table_{number:04}");
        let describe = |name: String, layer, noun: &'static str| DescriptionSummary {
            name,
            layer,
            noun: noun.into(),
            location: place.clone(),
        };
        let column = |at: usize| ColumnAlignment {
            name: format!("column_{at}"),
            database: "varchar(100) NOT NULL".into(),
            primary_key: at == 0,
            foreign_key: at == 1,
            cells: vec![
                Some("string".into()),
                Some("string | undefined".into()),
                Some("string".into()),
            ],
            contracts: Vec::new(),
        };
        report.alignment.push(EntityAlignment {
            name: name.clone(),
            view: false,
            columns: (0..18).map(column).collect(),
            descriptions: vec![
                describe(format!("Table{number}Row"), Layer::Row, "type"),
                describe(format!("NewTable{number}"), Layer::Write, "insert type"),
                describe(
                    format!("Table{number}Schema"),
                    Layer::Validation,
                    "validation schema",
                ),
            ],
            contracts: Vec::new(),
            references: if number == 0 {
                Vec::new()
            } else {
                vec![format!("table_{:04}", number / 3)]
            },
        });
        if number % 50 == 0 {
            let message =
                "Type mismatch for field 'column_3': `number` in type, text in the database".into();
            let finding = Finding::new(
                "TYPE_MISMATCH",
                Category::TypeAlignment,
                Severity::Error,
                &name,
                message,
            );
            let finding = finding
                .with_field("column_3")
                .with_declaration(format!("Table{number}Row"));
            report.findings.push(finding.at(&place, "`number` here"));
        }
    }
    std::fs::write(file, html::verification(&report, &rules())).expect("the page can be written");
}

#[test]
fn the_report_works_in_a_browser() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let (small, big) = (
        browser.folder.join("drifted.html"),
        browser.folder.join("large.html"),
    );
    drifted(&small);
    large(&big);
    browser.look_at(&small, &big);
}
