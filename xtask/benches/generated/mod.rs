//! A tree of TypeScript files that benchmarks read.

use std::path::{Path, PathBuf};

/// The number of files in a large monorepo.
pub const FILES: usize = 3_000;

/// Writes so many files as monorepos have them: one in five declares types, one in twenty schemas,
/// the others are code.
pub fn monorepo(root: &Path, files: usize) -> PathBuf {
    for at in 0..files {
        let folder = root.join(format!("src/part{}", at % 40));
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = match at {
            _ if at % 20 == 0 => schema(at),
            _ if at % 5 == 0 => types(at),
            _ => code(at),
        };
        std::fs::write(folder.join(format!("file{at}.ts")), text).expect("a file");
    }
    root.to_path_buf()
}

fn types(at: usize) -> String {
    let fields: String = (0..25)
        .map(|field| format!("  field_{field}: string | null;\n  other{field}?: number[];\n"))
        .collect();
    format!(
        "export interface Row{at} {{\n{fields}}}\nexport type New{at} = Omit<Row{at}, 'field_1'> & Partial<Pick<Row{at}, 'field_1'>>;\n"
    )
}

fn schema(at: usize) -> String {
    let fields: String = (0..25)
        .map(|field| format!("  field_{field}: z.string().min(1).max(200).nullable(),\n"))
        .collect();
    format!(
        "import {{ z }} from 'zod';\nexport const Schema{at} = z.object({{\n{fields}}});\nexport type Value{at} = z.infer<typeof Schema{at}>;\n"
    )
}

fn code(at: usize) -> String {
    let functions: String = (0..40)
        .map(|name| format!("export function step{name}(value) {{\n  if (value > {name}) return `${{value}}-{at}`;\n  return [value, {name}].map((item) => item + 1).join(', ');\n}}\n"))
        .collect();
    format!("import {{ log }} from '../log';\n{functions}\nlog(step1(2));\n")
}
