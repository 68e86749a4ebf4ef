//! dbmate: `db/migrations/<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down`, either with
//! `transaction:false`.

use anyhow::Result;

use super::markers::{self, Half};
use super::source::{Source, folder_of, version_and_name};
use super::{Draft, Found, Part};

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut taken = Vec::new();
    let files = source.in_one_folder(|name| version_and_name(name.strip_suffix(".sql")?))?;
    for (file, (version, name)) in &files {
        let text = source.text(file)?;
        let (before, halves) = markers::split(&text, direction);
        let Some(up) = side(&halves, file, false) else {
            found.note(file, "has no `-- migrate:up`, and was not imported");
            taken.push((*file).to_owned());
            continue;
        };
        if !before.trim().is_empty() {
            found.note(file, "has text before `-- migrate:up`, which was not imported");
        }
        let down = side(&halves, file, true);
        found.drafts.push(Draft { version: version.clone(), name: name.clone(), up, down });
        taken.push((*file).to_owned());
    }
    if let Some((first, _)) = files.first() {
        source.note_orphans(folder_of(first), &taken, &mut found);
    }
    super::versions::sort(&mut found.drafts);
    Ok(found)
}

fn direction(comment: &str) -> Option<(bool, &str)> {
    let options = |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace);
    if let Some(rest) = comment.strip_prefix("migrate:up").filter(|rest| options(rest)) {
        return Some((false, rest));
    }
    comment.strip_prefix("migrate:down").filter(|rest| options(rest)).map(|rest| (true, rest))
}

fn side(halves: &[Half<'_>], file: &str, down: bool) -> Option<Part> {
    let half = halves.iter().find(|half| half.down == down)?;
    let no_transaction = half.options.split_whitespace().any(|option| option == "transaction:false");
    Some(Part { file: file.to_owned(), text: half.text.trim_start().to_owned(), no_transaction })
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn both_directions_are_cut_out_of_one_file() {
        let files = [
            ("2_b.sql", "-- migrate:up transaction:false\nvacuum;\n-- migrate:down\n"),
            ("1_a.sql", "-- about a\n-- migrate:up\nselect '-- migrate:down';\n-- migrate:down\nselect 2;\n"),
            ("3_c.sql", "select 3;"),
            ("schema.sql", "select 4;"),
        ];
        let read = read_files(Layout::Dbmate, &files).expect("readable");
        assert_eq!(
            read,
            [
                "1 a | select '-- migrate:down'; | select 2;",
                "2 b | !vacuum; | ",
                "1_a.sql: has text before `-- migrate:up`, which was not imported",
                "3_c.sql: has no `-- migrate:up`, and was not imported",
                "schema.sql: is not part of any migration, and was not imported",
            ]
        );
    }
}
