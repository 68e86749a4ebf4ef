//! The reports that every format is locked in on.

use std::sync::Arc;

use xtask::internals::report::{
    Category, CodePlace, ColumnAlignment, ContractField, ContractSummary, Coverage, DeployOrder,
    DescriptionSummary, Direction, EntityAlignment, Finding, FindingTiming, Fixes, Layer, Left,
    PlannedFile, Release, ReleaseOrder, ReleaseStep, RolloutProblem, Rule, Severity, Since,
    SourceTexts, Suggestion, Timestamp, Unjudged, Verification,
};
use xtask::internals::source::{LineIndex, Location, Span};

const TYPES: (&str, &str) = (
    "shared-types/src/tables/user.ts",
    "/** A row of `users`. */
export interface UserRow {
  id: UserId;
  email: string;
  bio: number;
  role: 'citizen' | 'admin';
}
",
);

const VALIDATION: (&str, &str) = (
    "shared-types/src/validation/user.ts",
    "import { z } from 'zod';

export const CreateUserSchema = z.object({
  email: z.string(),
});
",
);

const MIGRATION: (&str, &str) = (
    "migrations/V2__create_users.sql",
    "CREATE TABLE users (
    id uuid PRIMARY KEY,
    email varchar(255) NOT NULL,
    last_login_at timestamptz,
    role user_role NOT NULL
);
",
);

const BIO: (&str, &str) = (
    "migrations/V18__add_user_bio.sql",
    "ALTER TABLE users ADD COLUMN bio text;\n",
);

/// Nothing is wrong.
pub fn passed() -> Verification {
    verification(Vec::new(), Coverage::default())
}

/// One finding of each severity and part, with and without suggestions.
pub fn failed() -> Verification {
    let findings = vec![
        missing_field(),
        type_mismatch(),
        enum_mismatch(),
        missing_contract(),
        loose_schema(),
    ];
    let unjudged = vec![
        Unjudged {
            what: "type",
            name: "SessionRow".into(),
            reason: "conditional type".into(),
            location: Some(place(TYPES, "UserRow")),
        },
        Unjudged {
            what: "file",
            name: "shared-types/src/broken.ts".into(),
            reason: "unexpected token".into(),
            location: None,
        },
    ];
    verification(
        findings,
        Coverage {
            tables_with_type: 19,
            unresolved_fields: 2,
            unjudged,
            ..coverage()
        },
    )
}

/// Returns the report of the findings that a branch introduces.
pub fn branch() -> Verification {
    let since = Since {
        reference: "origin/main".into(),
        merge_base: "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432".into(),
        head: Some("1a2b3c4d5e6f708192a3b4c5d6e7f80912345678".into()),
        known: 2,
        resolved: vec!["MISSING_TYPE votes".into()],
        schema: Some(vec![
            "user_profiles: column bio added (text, nullable)".into(),
        ]),
        deploy_order: Some(two_releases()),
        notes: Vec::new(),
    };
    Verification {
        since: Some(since),
        ..verification(vec![type_mismatch()], coverage())
    }
}

/// A column that the running code writes is gone, and another is there that the new code needs.
fn two_releases() -> DeployOrder {
    let code = |table: &str| CodePlace {
        declaration: format!("Drizzle table `{table}`"),
        location: place(TYPES, "bio"),
    };
    let problem = |field: &str, message: &str, migration: Option<Location>| RolloutProblem {
        entity: "user_profiles".into(),
        field: Some(field.into()),
        message: message.into(),
        code: vec![code("profiles")],
        migration,
        certain: true,
        remedy: String::new(),
        accepted: None,
    };
    let dropped = "Column 'text' is dropped, and the running code names it in SELECT and INSERT";
    let unique = "The running code may write rows that the new unique key on (bio) refuses";
    let at = || Some(place(BIO, "bio"));
    let file = |name: &str, sql: &str| PlannedFile {
        name: name.into(),
        sql: sql.into(),
    };
    let step = |text: &str, migration: Option<PlannedFile>| ReleaseStep {
        text: text.into(),
        migration,
        keeps: None,
    };
    let added = "ALTER TABLE user_profiles ADD COLUMN bio text;\n";
    let expand = file("add_user_bio_expand", added);
    let contract = file(
        "add_user_bio_contract",
        "ALTER TABLE user_profiles DROP COLUMN text;\n",
    );
    DeployOrder {
        order: ReleaseOrder::TwoReleases,
        breaks: vec![
            problem("text", dropped, at()),
            RolloutProblem {
                certain: false,
                accepted: Some("checked by hand".into()),
                ..problem("bio", unique, at())
            },
        ],
        needs: vec![problem(
            "bio",
            "Column 'bio' is not there before the migration, and the new code names it",
            None,
        )],
        left_behind: Vec::new(),
        unknown: vec!["audit.log".into()],
        not_judged: vec!["trigger `touch` of `user_profiles`".into()],
        releases: vec![
            Release {
                title: "expand and switch".into(),
                steps: vec![
                    step("migrate `add_user_bio_expand`", Some(expand)),
                    step("deploy the new code", None),
                ],
            },
            Release {
                title: "contract".into(),
                steps: vec![step("migrate `add_user_bio_contract`", Some(contract))],
            },
        ],
    }
}

/// A first run on a monorepo that has drifted for years, of which one finding is shown.
pub fn many() -> Verification {
    let tables = [
        "users",
        "bills",
        "votes",
        "comments",
        "sponsors",
        "committees",
        "sessions",
    ];
    let findings = (0..42).map(|number| Finding {
        entity: tables[number * number % 7].into(),
        ..type_mismatch()
    });
    let others = [missing_field(), loose_schema(), enum_mismatch()];
    Verification {
        shown_at_most: Some(1),
        ..verification(findings.chain(others).collect(), coverage())
    }
}

/// Some of what was wrong is fixed, and some is not.
pub fn fixed() -> Verification {
    let left = |text: &str, reason: &str| Left {
        file: TYPES.0.into(),
        line: 5,
        text: text.into(),
        reason: reason.into(),
    };
    let fixes = Fixes {
        fixed: 3,
        files: vec![TYPES.0.into(), VALIDATION.0.into()],
        left: vec![
            left(
                "rename `biography` to `bio`",
                "look at it first, it may concern other code",
            ),
            left(
                "add `| null`",
                "the file has merge conflicts: resolve them first",
            ),
        ],
    };
    Verification {
        fixes: Some(fixes),
        ..verification(vec![type_mismatch()], coverage())
    }
}

/// Names that try to steer the terminal, to break out of a format, or to end a line.
pub fn hostile() -> Verification {
    let file: (&str, &str) = (
        "src/a,b%:c\n::error::d.ts",
        "type \u{1b}[2JX = '\u{202e}';\n<script>alert(1)</script> & | `code`\n",
    );
    let location = place(file, "X = ");
    let message =
        "Field '<b>|`%0A::set-output name=x::y' of \u{1b}[2J type \u{202e}\r\nhas no column";
    let finding = Finding::new(
        "MISSING_FIELD_IN_SCHEMA",
        Category::TypeAlignment,
        Severity::Error,
        "a,b:c%",
        message.into(),
    )
    .with_field("<b>|`")
    .at(&location, "::warning::<i>")
    .with_help("]]> -- | \\ \"quoted\" & 'so on'");
    let mut report = verification(vec![finding], coverage());
    report.sources.insert(file.0.into(), file.1.into());
    report
}

fn verification(findings: Vec<Finding>, counted: Coverage) -> Verification {
    let mut sources = SourceTexts::default();
    for (file, text) in [TYPES, VALIDATION, MIGRATION, BIO] {
        sources.insert(file.into(), text.into());
    }
    Verification {
        timestamp: Timestamp::parse("2024-01-15T10:30:00.000Z").expect("an instant"),
        migration_name: Some("V18__add_user_bio".into()),
        against: "`snapshots/schema.json` (18 migrations)".into(),
        findings,
        coverage: if counted == Coverage::default() {
            coverage()
        } else {
            counted
        },
        sources,
        accepted: None,
        since: None,
        fixes: None,
        shown_at_most: None,
        schema_changes: None,
        alignment: alignment(),
    }
}

/// Nobody has written contracts or schemas yet: nothing was compared, so that nothing passed.
pub fn not_judged() -> Verification {
    let nothing = Coverage {
        tables_with_schema: 0,
        schemas: 0,
        schemas_judged: 0,
        contracts: 0,
        contracts_of_routes: 0,
        contract_sides: 0,
        ..coverage()
    };
    verification(Vec::new(), nothing)
}

fn coverage() -> Coverage {
    Coverage {
        tables: 20,
        tables_with_type: 20,
        tables_with_schema: 18,
        types: 64,
        schemas: 41,
        schemas_judged: 40,
        routes: 52,
        contracts: 52,
        contracts_of_routes: 0,
        contract_sides: 8,
        ..Coverage::default()
    }
}

fn missing_field() -> Finding {
    let end = place(TYPES, "string;\n  bio");
    let end = end.span.start + 6;
    let suggestion = Suggestion {
        text: "add the field `last_login_at`".into(),
        file: TYPES.0.into(),
        span: Span { start: end, end },
        replacement: ";\n  last_login_at: Date | null".into(),
        safe: true,
        rank: None,
    };
    critical(
        "MISSING_FIELD_IN_TYPE",
        Category::TypeAlignment,
        "Missing field 'last_login_at' in type `UserRow`",
    )
    .with_field("last_login_at")
    .with_declaration("UserRow")
    .at(
        &place(TYPES, "UserRow"),
        "`UserRow` has no field for `last_login_at`",
    )
    .at(
        &place(MIGRATION, "last_login_at timestamptz"),
        "`last_login_at` is timestamptz here",
    )
    .with_detail("databaseType", "timestamp with time zone")
    .with_suggestion(Some(suggestion))
}

fn type_mismatch() -> Finding {
    let mut finding = critical(
        "TYPE_MISMATCH",
        Category::TypeAlignment,
        "Type mismatch for field 'bio': `number` in type `UserRow`, text in the database",
    )
    .with_field("bio")
    .with_declaration("UserRow")
    .at(&place(TYPES, "bio"), "`number` here")
    .at(&place(BIO, "bio text"), "`bio` is text here")
    .with_detail("databaseType", "text")
    .with_detail("typescriptType", "number")
    .with_help("text is described by `string`");
    finding.timing = Some(FindingTiming::IntroducedBy("V18__add_user_bio".into()));
    finding
}

fn enum_mismatch() -> Finding {
    Finding::new(
        "ENUM_MISMATCH",
        Category::TypeAlignment,
        Severity::Warning,
        "users",
        "Enum values of field 'role' differ in `UserRow`: 'expert' missing".into(),
    )
    .with_field("role")
    .with_declaration("UserRow")
    .at(&place(TYPES, "role"), "'expert' missing")
}

fn missing_contract() -> Finding {
    critical(
        "MISSING_API_CONTRACT",
        Category::ApiContracts,
        "Endpoint has no API contract definition",
    )
    .with_help("declare a contract with this method and path")
}

fn loose_schema() -> Finding {
    let value = place(VALIDATION, "z.string()");
    let suggestion = Suggestion {
        text: "add `.max(255)`".into(),
        file: VALIDATION.0.into(),
        span: Span {
            start: value.span.start + 10,
            end: value.span.start + 10,
        },
        replacement: ".max(255)".into(),
        safe: true,
        rank: None,
    };
    critical(
        "LOOSE_VALIDATION",
        Category::ValidationSchemas,
        "Field 'email' of `CreateUserSchema` accepts any length, but the column holds 255 characters",
    )
    .with_field("email")
    .with_declaration("CreateUserSchema")
    .at(&place(VALIDATION, "email"), "any length")
    .at(
        &place(MIGRATION, "email varchar(255)"),
        "`email` is varchar(255) NOT NULL here",
    )
    .with_suggestion(Some(suggestion))
}

fn critical(kind: &'static str, category: Category, message: &str) -> Finding {
    let mut finding = Finding::new(kind, category, Severity::Error, "users", message.into());
    finding.critical = true;
    finding
}

/// The place of the first `text` in the file.
fn place((file, content): (&str, &str), text: &str) -> Location {
    let start = content.find(text).expect("the text is in the file");
    let word = text.find([' ', '(', ';']).unwrap_or(text.len());
    let offset = |at: usize| u32::try_from(at).expect("a small file");
    let index = LineIndex::new(Arc::from(file), Arc::from(content));
    index.location(Span {
        start: offset(start),
        end: offset(start + word),
    })
}

fn alignment() -> Vec<EntityAlignment> {
    let describe =
        |name: &str, layer: Layer, noun: &'static str, location: Location| DescriptionSummary {
            name: name.into(),
            layer,
            noun: noun.into(),
            location,
        };
    let column = |name: &str, database: &str, cells: [Option<&str>; 2]| ColumnAlignment {
        name: name.into(),
        database: database.into(),
        primary_key: name == "id",
        foreign_key: name == "user_id",
        cells: cells.map(|cell| cell.map(str::to_owned)).into(),
        contracts: match name {
            "email" => vec![ContractField {
                direction: Direction::Taken,
                says: "string".into(),
            }],
            _other => Vec::new(),
        },
    };
    let users = EntityAlignment {
        name: "users".into(),
        view: false,
        columns: vec![
            column("id", "uuid NOT NULL", [Some("string"), None]),
            column(
                "email",
                "varchar(255) NOT NULL",
                [Some("string"), Some("string")],
            ),
            column("last_login_at", "timestamptz", [None, None]),
            column("bio", "text", [Some("number"), None]),
        ],
        descriptions: vec![
            describe("UserRow", Layer::Row, "type", place(TYPES, "UserRow")),
            describe(
                "CreateUserSchema",
                Layer::Validation,
                "validation schema",
                place(VALIDATION, "CreateUserSchema"),
            ),
        ],
        contracts: vec![ContractSummary {
            name: "UserEndpoints.create".into(),
            endpoint: "POST /api/users".into(),
            location: place(VALIDATION, "CreateUserSchema"),
        }],
        references: Vec::new(),
    };
    let votes = EntityAlignment {
        name: "votes".into(),
        view: false,
        columns: vec![column("user_id", "uuid NOT NULL", [None, None])],
        descriptions: Vec::new(),
        contracts: Vec::new(),
        references: vec!["users".into()],
    };
    vec![users, votes]
}

/// The documentation of one of the kinds above.
pub fn rules() -> Vec<Rule> {
    let help = "A field's type does not match the type of its column.\n\n## Why\nThe compiler believes it.";
    vec![Rule {
        kind: "TYPE_MISMATCH",
        summary: "A field's type does not match.".into(),
        help: help.into(),
    }]
}
