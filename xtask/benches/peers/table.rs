//! The tables that are printed: a row for each workload, a column for each contender.

use std::time::Duration;

use super::contenders::Present;
use super::workloads::Workload;

/// The width of the first column: the longest title, with its rounds.
const TITLE: usize = 24;

/// The measured medians of one server.
#[derive(Debug)]
pub struct Table {
    columns: Vec<&'static str>,
    rows: Vec<(&'static str, Vec<Duration>)>,
}

impl Table {
    /// Makes a table without rows.
    pub fn new(contenders: &[Present]) -> Self {
        Self {
            columns: contenders.iter().map(Present::name).collect(),
            rows: Vec::new(),
        }
    }

    /// The names of the columns.
    pub fn header(&self, title: &str) -> String {
        self.line(
            title,
            self.columns.iter().map(|name| (*name).to_owned()).collect(),
        )
    }

    /// Adds a row and returns it as text.
    pub fn add(&mut self, workload: &Workload, medians: Vec<Duration>) -> String {
        let cells = medians
            .iter()
            .map(|median| format!("{:.1}", median.as_secs_f64() * 1000.0))
            .collect();
        let line = self.line(
            &format!("{} ({})", workload.title, workload.rounds()),
            cells,
        );
        self.rows.push((workload.title, medians));
        line
    }

    /// Every median as a multiple of that of the contender `reference`; empty where that was not
    /// measured.
    pub fn ratios(&self, reference: &str) -> String {
        let Some(at) = self.columns.iter().position(|name| *name == reference) else {
            return String::new();
        };
        let mut text = format!("\n{}\n", self.header(&format!("times {reference}")));
        for (title, medians) in &self.rows {
            let one = medians[at].as_secs_f64();
            let cells = medians
                .iter()
                .map(|median| format!("{:.2}", median.as_secs_f64() / one))
                .collect();
            text.push_str(&format!("{}\n", self.line(title, cells)));
        }
        text
    }

    /// One line: the title to the left, each cell to the right in a column as wide as its name, but
    /// not too narrow.
    fn line(&self, title: &str, cells: Vec<String>) -> String {
        let mut line = format!("{title:<TITLE$}");
        for (name, cell) in self.columns.iter().zip(cells) {
            let width = name.len().max(8) + 2;
            line.push_str(&format!("{cell:>width$}"));
        }
        line
    }
}
