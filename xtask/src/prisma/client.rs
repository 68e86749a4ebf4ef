//! The types of Prisma's generated client, as TypeScript. The client is written by a generator, is
//! seldom committed, and follows from the schema: so its declarations are made of that, and module
//! resolution offers them in the client's place. Each name leads to its place in the schema.
//!
//! Left out are the filters (`UserWhereInput`), which describe no data, and nested writes of other
//! tables.

mod columns;
mod inputs;
mod payloads;
mod text;

use std::sync::OnceLock;

use super::files::{self, SchemaSource};
use super::meaning;
use super::model::{PrismaModel, PrismaSchema};
use crate::config::Config;
use crate::tree::Tree;
use columns::{is_read, read_type};
pub use text::ClientModule;
use text::ClientText;

/// The clients that the schemas of a monorepo make. They are found when an import may be one.
#[derive(Debug)]
pub struct Clients<'t> {
    tree: &'t dyn Tree,
    config: &'t Config,
    found: OnceLock<Vec<Client>>,
}

/// A client.
#[derive(Debug)]
struct Client {
    /// The path of its declarations, where no file need be.
    path: String,
    /// Whether it is that of `@prisma/client`.
    is_default: bool,
    /// The folders that it is written to.
    outputs: Vec<String>,
    schema: PrismaSchema,
}

impl<'t> Clients<'t> {
    /// The clients of the schemas in `tree`.
    pub fn new(tree: &'t dyn Tree, config: &'t Config) -> Self {
        Self {
            tree,
            config,
            found: OnceLock::new(),
        }
    }

    /// Whether there is no schema to make a client of.
    pub fn are_none(&self) -> bool {
        self.config.sources.prisma.is_empty()
    }

    /// The path of the declarations of the package `specifier`.
    pub fn of_package(&self, specifier: &str) -> Option<&str> {
        let is_prisma = ["@prisma/client", ".prisma/client"]
            .iter()
            .any(|package| is_entry(specifier, package));
        let mut clients = self.all().iter();
        let found = clients.find(|client| {
            let mut packages = client.outputs.iter().filter_map(|output| package(output));
            (client.is_default && is_prisma) || packages.any(|name| is_entry(specifier, name))
        });
        found.map(|client| client.path.as_str())
    }

    /// The path of the declarations that stand for the file or folder `path`.
    pub fn of_path(&self, path: &str) -> Option<&str> {
        let mut clients = self.all().iter();
        let is_inside = |output: &String| {
            path.strip_prefix(output.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        clients
            .find(|client| client.outputs.iter().any(is_inside))
            .map(|client| client.path.as_str())
    }

    /// The declarations at `path`.
    pub fn module(&self, path: &str) -> Option<ClientModule> {
        if self.are_none() {
            return None;
        }
        let mut clients = self.all().iter();
        let client = clients.find(|client| client.path == path)?;
        Some(declarations(&client.schema))
    }

    fn all(&self) -> &[Client] {
        self.found.get_or_init(|| {
            if self.are_none() {
                return Vec::new();
            }
            // The reader says which folders cannot be listed.
            let found = files::find(self.tree, self.config).unwrap_or_default();
            let schemas = found.schemas.into_iter().enumerate();
            schemas.map(|(at, source)| client(at, source)).collect()
        })
    }
}

fn client(at: usize, source: SchemaSource) -> Client {
    let path = match source.outputs.first() {
        Some(output) => format!("{output}/client.ts"),
        None => format!("node_modules/.prisma/client-{at}/index.ts"),
    };
    Client {
        path,
        is_default: source.has_default_client,
        schema: meaning::schema(&source),
        outputs: source.outputs,
    }
}

/// Whether the specifier is the package itself, or another entry to the same types.
fn is_entry(specifier: &str, package: &str) -> bool {
    let Some(entry) = specifier.strip_prefix(package) else {
        return false;
    };
    matches!(
        entry,
        "" | "/index" | "/edge" | "/default" | "/index.js" | "/client"
    )
}

/// The package that a folder below `node_modules` is.
fn package(output: &str) -> Option<&str> {
    let (_, package) = output.rsplit_once("node_modules/")?;
    Some(package)
}

/// The declarations of the client of `schema`.
fn declarations(schema: &PrismaSchema) -> ClientModule {
    let mut text = ClientText::default();
    let models: Vec<&PrismaModel> = schema
        .models
        .iter()
        .filter(|model| !model.ignored)
        .collect();
    enums(&mut text, schema);
    for model in &models {
        row(&mut text, model);
        payloads::selection(&mut text, model, schema);
    }
    text.push(RUNTIME);
    text.push(payloads::OMITTED);
    text.push("export namespace Prisma {\n");
    text.push("export type Decimal = $Decimal;\nexport const Decimal = $Decimal;\n");
    text.push(NAMESPACE);
    for model in &models {
        payloads::get_payload(&mut text, model);
        inputs::inputs(&mut text, model);
    }
    text.push("}\n");
    text.module()
}

/// The class of decimal numbers, under a name that no model has.
const RUNTIME: &str =
    "export class $Decimal { readonly d: number[]; readonly e: number; readonly s: number }\n";

/// The names that every client has.
const NAMESPACE: &str = "\
export type JsonValue = unknown;
export type JsonObject = Record<string, unknown>;
export type JsonArray = unknown[];
export type InputJsonValue = unknown;
export type InputJsonObject = Record<string, unknown>;
export type InputJsonArray = unknown[];
export const validator = () => (args) => args;
";

/// Enums are types and constants, by themselves and in `$Enums`.
fn enums(text: &mut ClientText, schema: &PrismaSchema) {
    for declared in &schema.enums {
        text.push("export type ");
        text.named(&declared.name, &declared.location);
        text.push(" = ");
        for value in &declared.values {
            text.push(&format!("| '{}'", value.name));
        }
        if declared.values.is_empty() {
            text.push("never");
        }
        text.push(";\nexport const ");
        text.named(&declared.name, &declared.location);
        text.push(" = { ");
        for value in &declared.values {
            text.named(&value.name, &value.location);
            text.push(&format!(": '{}', ", value.name));
        }
        text.push("} as const;\n");
    }
    text.push("export namespace $Enums {\n");
    for declared in &schema.enums {
        let values = declared.values.iter();
        let values: Vec<String> = values.map(|value| format!("'{}'", value.name)).collect();
        text.push("export type ");
        text.named(&declared.name, &declared.location);
        text.push(&format!(" = {};\n", values.join(" | ")));
    }
    text.push("}\n");
}

/// `export type User = { … }`: the columns that the client reads.
fn row(text: &mut ClientText, model: &PrismaModel) {
    text.push("export type ");
    text.named(&model.name, &model.location);
    text.push(" = {\n");
    for column in model.columns.iter().filter(|column| is_read(column)) {
        text.named(&column.name, &column.location);
        text.push(&format!(": {};\n", read_type(column)));
    }
    text.push("};\n");
}

#[cfg(test)]
mod tests;
