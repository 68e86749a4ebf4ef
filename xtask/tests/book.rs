//! The book in `docs/` can be built, and every link in it and in the documents at the root leads
//! somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use regex::Regex;
use walkdir::WalkDir;

use crate::support::repository;

#[test]
fn every_link_of_the_book_leads_to_a_page_and_a_heading() {
    let built = tempfile::tempdir().expect("a temporary folder");
    let mut book = MDBook::load(repository().join("docs")).expect("the book");
    book.config.build.build_dir = built.path().to_owned();
    book.build().expect("a book without errors");

    let pages = files(built.path(), "html");
    assert!(pages.len() > 40, "{} pages", pages.len());
    let mut broken = Vec::new();
    // `print.html` holds all pages at once, and its links are made anew by the browser.
    for page in pages.iter().filter(|page| !page.ends_with("print.html")) {
        let text = fs::read_to_string(page).expect("a page");
        for link in links(&text, r#"<a [^>]*href="([^"]+)""#) {
            if !leads_somewhere(page, &link) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_link_of_the_other_documents_leads_to_a_file() {
    let mut checked = 0;
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ] {
        let path = repository().join(document);
        let text = fs::read_to_string(&path).expect("the document");
        for link in links(&text, r"\]\(([^)\s]+)\)") {
            // The badge shows a page of the forge, which is no file.
            let is_of_forge = link.starts_with("../../actions/");
            let file = link.split('#').next().unwrap_or_default();
            checked += 1;
            assert!(
                is_elsewhere(&link) || is_of_forge || repository().join(file).exists(),
                "{document}: {link}"
            );
        }
    }
    assert!(checked > 10, "{checked} links");
}

/// The pages of the book are all in its table of contents: mdBook leaves out the others silently.
#[test]
fn every_page_of_the_book_is_in_its_contents() {
    let source = repository().join("docs/src");
    let contents = fs::read_to_string(source.join("SUMMARY.md")).expect("the contents");
    let listed: BTreeSet<PathBuf> = links(&contents, r"\]\(([^)\s]+)\)")
        .into_iter()
        .map(|link| source.join(link))
        .collect();
    for page in files(&source, "md") {
        let text = fs::read_to_string(&page).expect("a page");
        assert!(text.starts_with("# "), "{} has no title", page.display());
        assert!(
            page.ends_with("SUMMARY.md") || listed.contains(&page),
            "{} is not in SUMMARY.md",
            page.display()
        );
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("a file").into_path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

fn links(text: &str, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern
        .captures_iter(text)
        .map(|found| found[1].replace("&amp;", "&"))
        .collect()
}

fn is_elsewhere(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://") || link.starts_with("mailto:")
}

fn leads_somewhere(page: &Path, link: &str) -> bool {
    if is_elsewhere(link) {
        return true;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => page.to_owned(),
        file => page.parent().expect("its folder").join(file),
    };
    let Ok(text) = fs::read_to_string(&target) else {
        return false;
    };
    heading.is_empty() || text.contains(&format!("id=\"{heading}\""))
}
