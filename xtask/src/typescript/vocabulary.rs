//! The names that libraries and generators give to things that readers know, each with what it
//! means: one table a kind of name. A reader asks what a name means, and spells none of them
//! itself.
//!
//! What a call makes (`z.string()`, `pgTable()`) is said where it is made, in `zod` and `drizzle`:
//! its name and its meaning are one there.

use crate::facts::{Side, StatedKind};

/// A library whose exports are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    Zod,
    /// Drizzle, and what makes Zod schemas of its tables.
    Drizzle,
    Kysely,
    TypeFest,
    /// Forms whose fields Zod's schemas judge.
    ZodFormData,
    /// The modules of Node that declare types of data.
    Node,
    /// TypeORM, whose decorators make tables of classes.
    TypeOrm,
    /// MikroORM, whose decorators make tables of classes.
    MikroOrm,
    /// sequelize-typescript, whose decorators make tables of classes, and Sequelize's types of
    /// columns.
    Sequelize,
    /// class-validator, whose decorators judge the values of classes.
    ClassValidator,
    /// class-transformer, whose decorators make values of classes.
    ClassTransformer,
    /// NestJS, whose decorators make endpoints of methods.
    Nest,
    /// NestJS's decorators for OpenAPI documents, and its classes that are made of classes.
    NestSwagger,
}

impl Library {
    /// Whether its exports are decorators.
    #[must_use]
    pub fn decorates(self) -> bool {
        match self {
            Self::TypeOrm
            | Self::MikroOrm
            | Self::Sequelize
            | Self::ClassValidator
            | Self::ClassTransformer
            | Self::Nest
            | Self::NestSwagger => true,
            Self::Zod
            | Self::Drizzle
            | Self::Kysely
            | Self::TypeFest
            | Self::ZodFormData
            | Self::Node => false,
        }
    }
}

/// Packages whose schemas are not read: what is declared with them is named.
const OTHER_VALIDATORS: &[&str] = &[
    "@effect/schema",
    "@sinclair/typebox",
    "ajv",
    "arktype",
    "effect",
    "io-ts",
    "joi",
    "myzod",
    "runtypes",
    "superstruct",
    "typebox",
    "valibot",
    "yup",
];

/// Whether `package` makes validation schemas that are not read.
#[must_use]
pub fn is_other_validator(package: &str) -> bool {
    OTHER_VALIDATORS.contains(&bare_package(package))
}

/// Whether a function is called like one that makes a schema: `createUserSchema`.
#[must_use]
pub fn is_schema_maker(name: &str) -> bool {
    name.ends_with("Schema") || name.ends_with("schema")
}

/// The package of a specifier of Deno's: `zod` of `npm:zod@4`, `@zod/zod` of `jsr:@zod/zod@^4`.
fn bare_package(specifier: &str) -> &str {
    let prefixes = ["npm:", "jsr:"];
    let Some(package) = prefixes
        .iter()
        .find_map(|prefix| specifier.strip_prefix(prefix))
    else {
        return specifier;
    };
    let package = package.trim_start_matches('/');
    // The first letter may be the `@` of a scope.
    match package.char_indices().skip(1).find(|(_, it)| *it == '@') {
        Some((version, _)) => &package[..version],
        None => package,
    }
}

const PACKAGES: &[(&str, Library)] = &[
    ("zod", Library::Zod),
    ("zod/v3", Library::Zod),
    ("zod/v4", Library::Zod),
    ("zod/mini", Library::Zod),
    ("zod/v4-mini", Library::Zod),
    ("zod/v4/mini", Library::Zod),
    ("@zod/mini", Library::Zod),
    ("@zod/zod", Library::Zod),
    ("@hono/zod-openapi", Library::Zod),
    ("astro/zod", Library::Zod),
    ("astro:schema", Library::Zod),
    ("astro:content", Library::Zod),
    ("nestjs-zod/z", Library::Zod),
    ("zod-form-data", Library::ZodFormData),
    ("drizzle-orm", Library::Drizzle),
    ("drizzle-zod", Library::Drizzle),
    ("kysely", Library::Kysely),
    ("type-fest", Library::TypeFest),
    ("crypto", Library::Node),
    ("node:crypto", Library::Node),
    ("typeorm", Library::TypeOrm),
    ("@mikro-orm/core", Library::MikroOrm),
    ("@mikro-orm/postgresql", Library::MikroOrm),
    ("@mikro-orm/decorators/legacy", Library::MikroOrm),
    ("@mikro-orm/decorators/es", Library::MikroOrm),
    ("sequelize-typescript", Library::Sequelize),
    ("sequelize", Library::Sequelize),
    ("class-validator", Library::ClassValidator),
    ("class-transformer", Library::ClassTransformer),
    ("@nestjs/class-validator", Library::ClassValidator),
    ("@nestjs/class-transformer", Library::ClassTransformer),
    ("@nestjs/common", Library::Nest),
    ("@nestjs/swagger", Library::NestSwagger),
    ("@nestjs/mapped-types", Library::NestSwagger),
];

/// The library that `package` belongs to.
#[must_use]
pub fn library(package: &str) -> Option<Library> {
    let package = bare_package(package);
    if package.starts_with("drizzle-orm/") {
        return Some(Library::Drizzle);
    }
    find(PACKAGES, package)
}

/// A type that a library exports, by what it makes of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibraryType {
    /// The output of the schema in the first argument.
    SchemaOutput,
    /// Its input.
    SchemaInput,
    /// A schema of the first argument.
    SchemaOf,
    /// This side of the table in the first argument.
    TableSide(Side),
    /// The side of the table that the second argument says.
    TableSideByMode,
    /// A column that the database fills in where an insert has nothing for it.
    Generated,
    /// A column that only the database writes.
    GeneratedAlways,
    /// A column of three types: read, inserted, updated.
    Column,
    /// A column of JSON: read, and written as the second argument.
    JsonColumn,
    /// The first argument itself.
    Same,
    /// A string.
    Text,
    /// The first argument without the keys of the second.
    Except,
    /// The first argument, with what the second has in its place.
    Merge,
}

const TYPES: &[(Library, &str, LibraryType)] = &[
    (Library::Zod, "infer", LibraryType::SchemaOutput),
    (Library::Zod, "output", LibraryType::SchemaOutput),
    (Library::Zod, "TypeOf", LibraryType::SchemaOutput),
    (Library::Zod, "input", LibraryType::SchemaInput),
    (Library::Zod, "ZodType", LibraryType::SchemaOf),
    (Library::Zod, "Schema", LibraryType::SchemaOf),
    (Library::Zod, "ZodSchema", LibraryType::SchemaOf),
    (Library::Zod, "ZodTypeAny", LibraryType::SchemaOf),
    (Library::Zod, "ZodMiniType", LibraryType::SchemaOf),
    (
        Library::Drizzle,
        "InferSelectModel",
        LibraryType::TableSide(Side::Row),
    ),
    (
        Library::Drizzle,
        "InferInsertModel",
        LibraryType::TableSide(Side::Insert),
    ),
    (Library::Drizzle, "InferModel", LibraryType::TableSideByMode),
    (Library::Kysely, "Generated", LibraryType::Generated),
    (
        Library::Kysely,
        "GeneratedAlways",
        LibraryType::GeneratedAlways,
    ),
    (Library::Kysely, "ColumnType", LibraryType::Column),
    (Library::Kysely, "JSONColumnType", LibraryType::JsonColumn),
    (
        Library::Kysely,
        "Selectable",
        LibraryType::TableSide(Side::Row),
    ),
    (
        Library::Kysely,
        "Insertable",
        LibraryType::TableSide(Side::Insert),
    ),
    (
        Library::Kysely,
        "Updateable",
        LibraryType::TableSide(Side::Update),
    ),
    (Library::Kysely, "Simplify", LibraryType::Same),
    (Library::Kysely, "DrainOuterGeneric", LibraryType::Same),
    (Library::TypeFest, "Simplify", LibraryType::Same),
    (Library::TypeFest, "ReadonlyDeep", LibraryType::Same),
    (Library::TypeFest, "Tagged", LibraryType::Same),
    (Library::TypeFest, "Opaque", LibraryType::Same),
    (Library::TypeFest, "Branded", LibraryType::Same),
    (Library::TypeFest, "Except", LibraryType::Except),
    (Library::TypeFest, "Merge", LibraryType::Merge),
    (Library::Node, "UUID", LibraryType::Text),
    (Library::MikroOrm, "Opt", LibraryType::Same),
    (Library::MikroOrm, "Hidden", LibraryType::Same),
    (Library::MikroOrm, "Rel", LibraryType::Same),
];

/// The type `name` of `library`.
#[must_use]
pub fn library_type(library: Library, name: &str) -> Option<LibraryType> {
    TYPES
        .iter()
        .find(|row| row.0 == library && row.1 == name)
        .map(|row| row.2)
}

/// The side of a table that the type `name` of one of `libraries` makes.
#[must_use]
pub fn side_of_type(libraries: &[Library], name: &str) -> Option<Side> {
    libraries
        .iter()
        .find_map(|library| match library_type(*library, name) {
            Some(LibraryType::TableSide(side)) => Some(side),
            _ => None,
        })
}

/// The side of a table that a type of Supabase's generated file is, by the table's name:
/// `Tables<'users'>`.
#[must_use]
pub fn side_by_name(name: &str) -> Option<Side> {
    const SIDES: &[(&str, Side)] = &[
        ("Tables", Side::Row),
        ("TablesInsert", Side::Insert),
        ("TablesUpdate", Side::Update),
    ];
    find(SIDES, name)
}

/// The side of a table that a property of its generated type is:
/// `Database['public']['Tables']['users']['Row']`.
#[must_use]
pub fn side_of_property(name: &str) -> Option<Side> {
    const SIDES: &[(&str, Side)] = &[
        ("Row", Side::Row),
        ("Insert", Side::Insert),
        ("Update", Side::Update),
    ];
    find(SIDES, name)
}

/// The side that a member of a Drizzle table stands for in a type: `typeof users.$inferSelect`.
#[must_use]
pub fn side_of_member(name: &str) -> Option<Side> {
    const SIDES: &[(&str, Side)] = &[("$inferSelect", Side::Row), ("$inferInsert", Side::Insert)];
    find(SIDES, name)
}

/// A type that lists tables, by how it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableList {
    /// Supabase's `Database`, with the sides of each table in its schema. Others have rows in one.
    Database,
    /// kysely's `DB`, `Tables`, kanel's `PublicSchema`: names of tables, each with the type of its
    /// rows.
    Rows,
    /// pg-to-ts' `TableTypes`: names of tables, each with what is selected and what is put in.
    SelectAndInput,
}

/// Returns the kind of table list that a type of this name may be.
#[must_use]
pub fn table_list(name: &str) -> Option<TableList> {
    match name {
        "TableTypes" => Some(TableList::SelectAndInput),
        name if name.ends_with("Database") => Some(TableList::Database),
        "Tables" | "PublicSchema" => Some(TableList::Rows),
        name if name.ends_with("DB") => Some(TableList::Rows),
        _ => None,
    }
}

/// The kind of the objects that a part of Supabase's generated `Database` lists, tables, views and
/// enums aside.
#[must_use]
pub fn stated_kind(list: &str) -> Option<StatedKind> {
    match list {
        "Functions" => Some(StatedKind::Function),
        "CompositeTypes" => Some(StatedKind::CompositeType),
        _ => None,
    }
}

/// The tag that says which table a declaration describes.
pub const TABLE_TAG: &str = "@table";

/// The tag that says that a type is a part of its table's row.
pub const PROJECTION_TAG: &str = "@projection";

/// The tag that accepts a finding.
pub const IGNORE_TAG: &str = "db-verify-ignore";

/// How kanel's comment about a type begins.
pub const KANEL_COMMENT: &str = "Represents the ";

/// The words between [`KANEL_COMMENT`] and the name of the table, with the side that the type
/// describes.
pub const KANEL_SIDES: &[(&str, Side)] = &[
    ("table ", Side::Row),
    ("initializer for the table ", Side::Insert),
    ("mutator for the table ", Side::Update),
];

/// Words of comments that a reader may want.
pub const COMMENT_WORDS: [&str; 4] = [TABLE_TAG, PROJECTION_TAG, IGNORE_TAG, KANEL_COMMENT];

fn find<M: Copy>(table: &[(&str, M)], name: &str) -> Option<M> {
    table.iter().find(|row| row.0 == name).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_name_has_one_meaning() {
        let packages: HashSet<&str> = PACKAGES.iter().map(|row| row.0).collect();
        assert_eq!(packages.len(), PACKAGES.len());
        let types: HashSet<(String, &str)> = TYPES
            .iter()
            .map(|row| (format!("{:?}", row.0), row.1))
            .collect();
        assert_eq!(types.len(), TYPES.len());
    }

    #[test]
    fn parts_of_a_package_belong_to_its_library() {
        assert_eq!(library("drizzle-orm/pg-core"), Some(Library::Drizzle));
        assert_eq!(library("zod/v4"), Some(Library::Zod));
        assert_eq!(library("zod-to-openapi"), None);
        assert_eq!(library("npm:zod@4"), Some(Library::Zod));
        assert_eq!(library("jsr:@zod/zod@^4.1"), Some(Library::Zod));
    }

    #[test]
    fn sides_are_those_of_the_libraries_that_are_asked_about() {
        assert_eq!(
            side_of_type(&[Library::Kysely], "Insertable"),
            Some(Side::Insert)
        );
        assert_eq!(side_of_type(&[Library::Kysely], "InferInsertModel"), None);
        assert_eq!(
            side_of_type(&[Library::Drizzle, Library::Kysely], "InferInsertModel"),
            Some(Side::Insert)
        );
    }
}
