//! OpenAPI documents that people write, told from those that a program generates. A generated
//! document says what the routes say: comparing the two would find nothing, and look like a pass.

use regex::Regex;

use super::read;
use super::roles::is_test;
use crate::tree::Tree;

/// The documents of a monorepo.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FoundDocuments {
    /// Those that people write.
    pub written: Vec<String>,
    /// Those that a program writes, and how that is known.
    pub generated: Vec<(String, String)>,
}

/// So much of a document is looked through for a word that it is generated. It stands in a comment
/// at the top, or in `info`.
const HEAD: usize = 2_000;

/// Folders of what programs write.
const GENERATED_FOLDERS: &[&str] = &[
    "generated",
    "__generated__",
    "gen",
    "build",
    "out",
    "output",
];

/// Finds the documents among `files`.
pub(super) fn find(tree: &dyn Tree, files: &[String]) -> FoundDocuments {
    let (Ok(version), Ok(says_so)) = (
        Regex::new(r#"(?m)^\s*\{?\s*["']?openapi["']?\s*:\s*["']?3\."#),
        Regex::new(
            r"(?i)\b(?:auto-?\s?generated|generated (?:by|from|with|using|automatically)|do not (?:edit|modify))\b",
        ),
    ) else {
        return FoundDocuments::default();
    };
    let is_candidate = |file: &&String| {
        let is_data = [".yaml", ".yml", ".json"]
            .iter()
            .any(|end| file.ends_with(end));
        is_data && !is_test(file)
    };
    let mut documents = Vec::new();
    for file in files.iter().filter(is_candidate) {
        let text = read(tree, file);
        if version.is_match(&text) && (text.contains("paths") || text.contains("components")) {
            let head: String = text.chars().take(HEAD).collect();
            let said = says_so.find(&head).map(|said| said.as_str().to_owned());
            documents.push((file, said));
        }
    }
    let writers = if documents.is_empty() {
        Vec::new()
    } else {
        writers(tree, files)
    };
    let mut found = FoundDocuments::default();
    for (file, said) in documents {
        let name = file.rsplit('/').next().unwrap_or(file);
        let writer = writers.iter().find(|(_, text)| text.contains(name));
        let why = match (said, generated_folder(file), writer) {
            (Some(said), ..) => Some(format!("it says of itself \"{said}\"")),
            (_, Some(folder), _) => Some(format!("it lies in a folder `{folder}`")),
            (_, _, Some((writer, _))) => Some(format!("`{writer}` writes it")),
            (None, None, None) => None,
        };
        match why {
            Some(why) => found.generated.push((file.clone(), why)),
            None => found.written.push(file.clone()),
        }
    }
    found
}

fn generated_folder(file: &str) -> Option<&str> {
    let (folders, _) = file.rsplit_once('/')?;
    folders
        .split('/')
        .find(|folder| GENERATED_FOLDERS.contains(folder))
}

/// The programs that write files, and the configurations of generators, with their text.
fn writers(tree: &dyn Tree, files: &[String]) -> Vec<(String, String)> {
    let is_program = |file: &str| {
        [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"]
            .iter()
            .any(|end| file.ends_with(end))
    };
    let mut writers = Vec::new();
    for file in files {
        let is_configuration = file.ends_with("tsoa.json");
        if !is_configuration && (!is_program(file) || is_test(file)) {
            continue;
        }
        let text = read(tree, file);
        let writes = [
            "writeFile",
            "outputFile",
            "outputJson",
            "Bun.write",
            "swaggerAutogen",
        ]
        .iter()
        .any(|call| text.contains(call));
        let is_of_api = ["openapi", "OpenApi", "OpenAPI", "swagger", "Swagger"]
            .iter()
            .any(|word| text.contains(word));
        if is_configuration || (writes && is_of_api) {
            writers.push((file.clone(), text));
        }
    }
    writers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn found(files: &[(&str, &str)]) -> FoundDocuments {
        let tree = MemoryTree::new(files.iter().copied());
        let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        find(&tree, &names)
    }

    #[test]
    fn documents_that_people_write_are_told_from_those_of_programs() {
        let document = "info: { title: Shop }\nopenapi: 3.1.0\npaths: {}\n";
        let json = "{ \"openapi\": \"3.0.3\", \"paths\": {} }";
        let said = format!("# This file is auto-generated.\n{document}");
        let found = found(&[
            ("docs/api.yaml", document),
            ("docs/swagger.yaml", "swagger: '2.0'\npaths: {}"),
            ("docs/paths/users.yaml", "get: { responses: {} }"),
            ("api/openapi.json", json),
            ("api/public.json", json),
            ("web/generated/api.yml", document),
            ("old/api.yml", &said),
            ("api/test/openapi.yaml", document),
            (
                "api/scripts/document.ts",
                "const document = SwaggerModule.createDocument(app, config); writeFileSync('openapi.json', text);",
            ),
        ]);
        assert_eq!(found.written, ["docs/api.yaml", "api/public.json"]);
        let why: Vec<String> = found
            .generated
            .iter()
            .map(|(file, why)| format!("{file}: {why}"))
            .collect();
        let expected = [
            "api/openapi.json: `api/scripts/document.ts` writes it",
            "web/generated/api.yml: it lies in a folder `generated`",
            "old/api.yml: it says of itself \"auto-generated\"",
        ];
        assert_eq!(why, expected);
    }
}
