//! A random database with its descriptions, and the changes that are made to them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::Index;
use xtask::internals::checks::{self, Input};
use xtask::internals::fixes;
use xtask::internals::report::{Finding, SourceTexts, Suggestion};
use xtask::internals::schema::model::{
    Column, Constraint, ConstraintKind, Enum, ObjectName, Schema, Table,
};
use xtask::internals::schema::provenance::Provenance;
use xtask::internals::tree::MemoryTree;

/// A database, and what describes it.
#[derive(Debug, Clone)]
pub struct World {
    pub tables: Vec<Entity>,
}

/// A table, its row type and its schema.
#[derive(Debug, Clone)]
pub struct Entity {
    pub name: String,
    /// `id` comes first.
    pub columns: Vec<Described>,
    camel: bool,
}

/// A column, its field in the row type and its field in the schema.
#[derive(Debug, Clone)]
pub struct Described {
    name: String,
    column: Kind,
    nullable: bool,
    ty: Option<(String, bool)>,
    schema: Option<(String, bool)>,
}

/// The types that columns have here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Uuid,
    Text,
    Varchar(u32),
    Integer,
    Boolean,
    Numeric,
    Timestamp,
    Json,
    TextArray,
    Mood,
}

const KINDS: [Kind; 10] = [
    Kind::Uuid,
    Kind::Text,
    Kind::Varchar(80),
    Kind::Integer,
    Kind::Boolean,
    Kind::Numeric,
    Kind::Timestamp,
    Kind::Json,
    Kind::TextArray,
    Kind::Mood,
];

const TABLES: [&str; 6] = [
    "users",
    "bill_votes",
    "people",
    "categories",
    "api_keys",
    "user_preferences",
];

const COLUMNS: [&str; 10] = [
    "email",
    "created_at",
    "display_name",
    "address_line_1",
    "vote_count",
    "is_public",
    "notes",
    "external_ref",
    "weight",
    "api_key_v2",
];

impl Kind {
    fn database(self) -> String {
        match self {
            Self::Uuid => "uuid".into(),
            Self::Text => "text".into(),
            Self::Varchar(length) => format!("character varying({length})"),
            Self::Integer => "integer".into(),
            Self::Boolean => "boolean".into(),
            Self::Numeric => "numeric(10,2)".into(),
            Self::Timestamp => "timestamp with time zone".into(),
            Self::Json => "jsonb".into(),
            Self::TextArray => "text[]".into(),
            Self::Mood => "public.mood".into(),
        }
    }

    fn typescript(self) -> &'static str {
        match self {
            Self::Uuid | Self::Text | Self::Varchar(_) | Self::Numeric => "string",
            Self::Integer => "number",
            Self::Boolean => "boolean",
            Self::Timestamp => "Date",
            Self::Json => "Record<string, unknown>",
            Self::TextArray => "string[]",
            Self::Mood => "'calm' | 'cross' | 'glad'",
        }
    }

    fn zod(self) -> String {
        match self {
            Self::Uuid => "z.string().uuid()".into(),
            Self::Text | Self::Numeric => "z.string()".into(),
            Self::Varchar(length) => format!("z.string().max({length})"),
            Self::Integer => "z.number().int()".into(),
            Self::Boolean => "z.boolean()".into(),
            Self::Timestamp => "z.date()".into(),
            Self::Json => "z.record(z.string(), z.unknown())".into(),
            Self::TextArray => "z.array(z.string())".into(),
            Self::Mood => "z.enum(['calm', 'cross', 'glad'])".into(),
        }
    }

    /// A type that no driver returns for it.
    fn wrong(self) -> (&'static str, &'static str) {
        match self {
            Self::Boolean => ("number", "z.number()"),
            // JSON holds scalars, and no instants.
            Self::Json => ("Date", "z.date()"),
            _other => ("boolean", "z.boolean()"),
        }
    }
}

/// One change of one description.
#[derive(Debug, Clone)]
pub struct Change {
    pub table: usize,
    pub column: usize,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    DropField,
    AddField,
    ChangeType,
    FlipNullability,
    DropValue,
    DropSchemaField,
    AddSchemaField,
    ChangeSchemaType,
    FlipSchemaNullability,
    DropSchemaValue,
    DropMax,
}

impl Change {
    /// The type of the finding that it must give.
    pub fn kind(&self) -> &'static str {
        match self.what {
            What::DropField => "MISSING_FIELD_IN_TYPE",
            What::AddField => "MISSING_FIELD_IN_SCHEMA",
            What::ChangeType => "TYPE_MISMATCH",
            What::FlipNullability => "NULLABILITY_MISMATCH",
            What::DropValue | What::DropSchemaValue => "ENUM_MISMATCH",
            What::DropSchemaField => "MISSING_FIELD_IN_VALIDATION",
            What::AddSchemaField => "UNKNOWN_FIELD_IN_VALIDATION",
            What::ChangeSchemaType => "VALIDATION_TYPE_MISMATCH",
            What::FlipSchemaNullability => "VALIDATION_NULLABILITY_MISMATCH",
            What::DropMax => "LOOSE_VALIDATION",
        }
    }
}

/// Databases of one to three tables.
pub fn worlds() -> impl Strategy<Value = World> {
    let tables = proptest::sample::subsequence(TABLES.to_vec(), 1..=3);
    let entity = || {
        (
            proptest::sample::subsequence(COLUMNS.to_vec(), 3..=8),
            any::<bool>(),
            prop::collection::vec((0..KINDS.len(), any::<bool>()), 8),
        )
    };
    (tables, entity(), entity(), entity()).prop_map(|(names, first, second, third)| {
        let made = names.iter().zip([first, second, third]);
        World {
            tables: made
                .map(|(name, (columns, camel, kinds))| table(name, &columns, camel, &kinds))
                .collect(),
        }
    })
}

/// Such a database, and a change that it allows.
pub fn worlds_with_a_change() -> impl Strategy<Value = (World, Change)> {
    (worlds(), any::<Index>()).prop_map(|(world, index)| {
        let changes = changes(&world);
        let change = index.get(&changes).clone();
        (world, change)
    })
}

fn table(name: &str, columns: &[&str], camel: bool, kinds: &[(usize, bool)]) -> Entity {
    let described = |name: &str, column: Kind, nullable: bool| Described {
        name: name.into(),
        column,
        nullable,
        ty: Some((column.typescript().into(), nullable)),
        schema: Some((column.zod(), nullable)),
    };
    let others = columns
        .iter()
        .zip(kinds)
        .map(|(name, (kind, nullable))| described(name, KINDS[*kind], *nullable));
    let columns = std::iter::once(described("id", Kind::Uuid, false))
        .chain(others)
        .collect();
    Entity {
        name: name.into(),
        columns,
        camel,
    }
}

fn changes(world: &World) -> Vec<Change> {
    let mut changes = Vec::new();
    for (table, entity) in world.tables.iter().enumerate() {
        for (column, described) in entity.columns.iter().enumerate().skip(1) {
            let mut allow = |what: What| {
                changes.push(Change {
                    table,
                    column,
                    what,
                })
            };
            let always = [
                What::DropField,
                What::AddField,
                What::ChangeType,
                What::FlipNullability,
                What::DropSchemaField,
            ];
            always.into_iter().for_each(&mut allow);
            [
                What::AddSchemaField,
                What::ChangeSchemaType,
                What::FlipSchemaNullability,
            ]
            .into_iter()
            .for_each(&mut allow);
            if described.column == Kind::Mood {
                [What::DropValue, What::DropSchemaValue]
                    .into_iter()
                    .for_each(&mut allow);
            }
            if matches!(described.column, Kind::Varchar(_)) {
                allow(What::DropMax);
            }
        }
    }
    changes
}

/// A finding: its type, entity and field.
pub type Found = (String, String, Option<String>);

fn named(findings: Vec<Finding>) -> Vec<Found> {
    findings
        .into_iter()
        .map(|finding| (finding.kind.to_owned(), finding.entity, finding.field))
        .collect()
}

impl World {
    /// Every finding: its type, entity and field.
    pub fn verify(&self) -> Vec<Found> {
        named(self.findings(self.files()))
    }

    /// Returns the findings after every safe change was made; `None` where no change is safe.
    pub fn verify_fixed(&self) -> Option<Vec<Found>> {
        let mut files = self.files();
        let mut findings = self.findings(files.clone());
        let mut sources = SourceTexts::default();
        for (file, text) in &files {
            sources.insert((*file).into(), text.as_str().into());
        }
        fixes::place(&mut findings, &sources);
        let changes: Vec<&Suggestion> = findings
            .iter()
            .filter_map(|finding| finding.suggestion.as_ref())
            .filter(|suggestion| suggestion.safe)
            .collect();
        if changes.is_empty() {
            return None;
        }
        for (file, text) in &mut files {
            let of_file: Vec<_> = changes
                .iter()
                .copied()
                .filter(|change| change.file == *file)
                .collect();
            *text = fixes::apply(text, &of_file).text;
        }
        Some(named(self.findings(files)))
    }

    fn files(&self) -> [(&'static str, String); 2] {
        [
            ("src/types.ts", self.types()),
            ("src/schemas.ts", self.schemas()),
        ]
    }

    fn findings(&self, files: [(&str, String); 2]) -> Vec<Finding> {
        let config = super::config("types = ['src/types.ts']\nvalidation = ['src/schemas.ts']\n");
        let tree = MemoryTree::new(files);
        let (schema, provenance) = (self.schema(), Provenance::default());
        let facts = super::read(&tree, &config);
        let input = Input {
            schema: &schema,
            facts: &facts,
            config: &config,
            provenance: &provenance,
        };
        let (findings, coverage) = checks::verify(&input);
        assert_eq!(
            (coverage.tables_with_type, coverage.tables_with_schema),
            (self.tables.len(), self.tables.len())
        );
        findings
    }

    /// The field that the finding about `change` must name.
    pub fn field_of(&self, change: &Change) -> Option<String> {
        match change.what {
            What::AddField | What::AddSchemaField => Some("surplus".into()),
            _of_column => Some(
                self.tables[change.table].columns[change.column]
                    .name
                    .clone(),
            ),
        }
    }

    /// The world after the change.
    pub fn changed(&self, change: &Change) -> Self {
        let mut world = self.clone();
        let columns = &mut world.tables[change.table].columns;
        if matches!(change.what, What::AddField | What::AddSchemaField) {
            let in_type = matches!(change.what, What::AddField);
            columns.push(surplus(in_type));
            return world;
        }
        let described = &mut columns[change.column];
        let wrong = described.column.wrong();
        let (ty, schema) = (&mut described.ty, &mut described.schema);
        match change.what {
            What::DropField => *ty = None,
            What::DropSchemaField => *schema = None,
            What::ChangeType => *ty = Some((wrong.0.into(), described.nullable)),
            What::ChangeSchemaType => *schema = Some((wrong.1.into(), described.nullable)),
            What::FlipNullability => ty
                .iter_mut()
                .for_each(|(_, nullable)| *nullable = !*nullable),
            What::FlipSchemaNullability => schema
                .iter_mut()
                .for_each(|(_, nullable)| *nullable = !*nullable),
            What::DropValue => *ty = Some(("'calm' | 'glad'".into(), described.nullable)),
            What::DropSchemaValue => {
                *schema = Some(("z.enum(['calm', 'glad'])".into(), described.nullable))
            }
            What::DropMax => *schema = Some(("z.string()".into(), described.nullable)),
            What::AddField | What::AddSchemaField => {}
        }
        world
    }

    fn schema(&self) -> Schema {
        let mut schema = Schema::default();
        let labels = ["calm", "cross", "glad"].map(str::to_owned).into();
        let mut mood: Enum =
            serde_json::from_value(serde_json::json!({ "labels": [] })).expect("an enum");
        mood.labels = labels;
        schema.enums.insert(ObjectName::public("mood"), mood);
        for entity in &self.tables {
            schema
                .tables
                .insert(ObjectName::public(&entity.name), entity.table());
        }
        schema
    }

    /// The row types.
    pub fn types(&self) -> String {
        let mut text = String::new();
        for entity in &self.tables {
            let _ = writeln!(text, "export interface {}Row {{", entity.pascal());
            for (name, (ty, nullable)) in entity.fields(|described| described.ty.as_ref()) {
                let null = if *nullable { " | null" } else { "" };
                let _ = writeln!(text, "  {name}: {ty}{null};");
            }
            text.push_str("}\n\n");
        }
        text
    }

    /// The validation schemas.
    pub fn schemas(&self) -> String {
        let mut text = String::from("import { z } from 'zod';\n\n");
        for entity in &self.tables {
            let _ = writeln!(text, "export const {}Schema = z.object({{", entity.pascal());
            for (name, (schema, nullable)) in entity.fields(|described| described.schema.as_ref()) {
                let null = if *nullable { ".nullable()" } else { "" };
                let _ = writeln!(text, "  {name}: {schema}{null},");
            }
            text.push_str("});\n\n");
        }
        text
    }
}

/// A field without a column; `Kind::Text` is only a filler.
fn surplus(in_type: bool) -> Described {
    Described {
        name: "surplus".into(),
        column: Kind::Text,
        nullable: false,
        ty: in_type.then(|| ("bigint".into(), false)),
        schema: (!in_type).then(|| ("z.bigint()".into(), false)),
    }
}

impl Entity {
    fn table(&self) -> Table {
        let stored = self
            .columns
            .iter()
            .filter(|described| described.name != "surplus");
        let column = |described: &Described| Column {
            name: described.name.clone(),
            type_name: described.column.database(),
            not_null: !described.nullable,
            ..Column::default()
        };
        let key: Constraint = serde_json::from_value(serde_json::json!({
            "kind": ConstraintKind::PrimaryKey, "columns": ["id"], "definition": "PRIMARY KEY (id)", "validated": true,
        }))
        .expect("a constraint");
        Table {
            columns: stored.map(column).collect(),
            constraints: BTreeMap::from([(format!("{}_pkey", self.name), key)]),
            ..Table::default()
        }
    }

    fn fields<'e, T>(&'e self, field: impl Fn(&'e Described) -> Option<T>) -> Vec<(String, T)> {
        let named = self
            .columns
            .iter()
            .filter_map(|described| Some((described.name.clone(), field(described)?)));
        named
            .map(|(name, field)| (if self.camel { camel(&name) } else { name }, field))
            .collect()
    }

    fn pascal(&self) -> &'static str {
        match self.name.as_str() {
            "users" => "User",
            "bill_votes" => "BillVote",
            "people" => "Person",
            "categories" => "Category",
            "api_keys" => "ApiKey",
            "user_preferences" => "UserPreferences",
            other => panic!("`{other}` has no singular here"),
        }
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        text + &word[..1].to_uppercase() + &word[1..]
    })
}
