//! What `init` asks about Prisma: which files are the schema of a PostgreSQL database, where its
//! client is written to, and which tables it names.

use super::files::{self, SchemaSource};
use super::meaning;
use crate::tree::Tree;

/// The schema to propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedSchema {
    /// Its files, or a glob for those of its folder.
    pub globs: Vec<String>,
    /// The number of its files.
    pub files: usize,
    /// The folders that its clients are written to.
    pub outputs: Vec<String>,
    /// The names of its tables.
    pub tables: Vec<String>,
}

/// Finds the schema among `files`: that beside one of the folders of migrations, else that with the
/// most models.
pub fn propose<'m>(
    tree: &dyn Tree,
    files: &[String],
    migrations: impl Iterator<Item = &'m str>,
) -> Option<ProposedSchema> {
    let schemas = files::of_postgresql(tree, files);
    let migrations: Vec<&str> = migrations.collect();
    let is_beside = |source: &SchemaSource| {
        let folder = source.folder();
        let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
        migrations
            .iter()
            .any(|at| [folder, above].contains(&at.rsplit_once('/').map_or("", |(to, _)| to)))
    };
    let all = schemas
        .iter()
        .map(|source| (source, meaning::schema(source)));
    let (source, schema) =
        all.max_by_key(|(source, schema)| (is_beside(source), schema.models.len()))?;
    let tables = schema.models.iter().map(|model| {
        let name = model.table.rsplit('.').next().unwrap_or(&model.table);
        name.to_owned()
    });
    Some(ProposedSchema {
        globs: globs(source),
        files: source.files.len(),
        outputs: source.outputs.clone(),
        tables: tables.collect(),
    })
}

fn globs(source: &SchemaSource) -> Vec<String> {
    let paths = source.files.iter().map(|file| globset::escape(&file.path));
    let folder = source.folder();
    let is_below = |path: &String| path.starts_with(&format!("{folder}/"));
    let paths: Vec<String> = paths.collect();
    // Several files are a folder, which others may be added to.
    if paths.len() > 1 && !folder.is_empty() && paths.iter().all(is_below) {
        return vec![format!("{}/**/*.prisma", globset::escape(folder))];
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn the_schema_beside_the_migrations_is_proposed() {
        const MAIN: &str = "datasource db {\n  provider = \"postgresql\"\n}\ngenerator client {\n  provider = \"prisma-client\"\n  output = \"../../src/client\"\n}\n";
        let files = [
            (
                "other/schema.prisma",
                "datasource db {\n  provider = \"mysql\"\n}\nmodel A { id Int @id }\nmodel B { id Int @id }",
            ),
            ("db/prisma/schema/main.prisma", MAIN),
            (
                "db/prisma/schema/user.prisma",
                "model User {\n  id Int @id\n  @@map(\"users\")\n}",
            ),
            (
                "a/schema.prisma",
                "datasource db {\n  provider = \"postgresql\"\n}\nmodel A { id Int @id }\nmodel B { id Int @id }",
            ),
        ];
        let tree = MemoryTree::new(files);
        let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        let found = propose(&tree, &names, ["db/prisma/migrations"].into_iter());
        let expected = ProposedSchema {
            globs: vec!["db/prisma/schema/**/*.prisma".to_owned()],
            files: 2,
            outputs: vec!["db/src/client".to_owned()],
            tables: vec!["users".to_owned()],
        };
        assert_eq!(found, Some(expected));
        let largest = propose(&tree, &names, std::iter::empty()).map(|found| found.globs);
        assert_eq!(largest, Some(vec!["a/schema.prisma".to_owned()]));
    }
}
