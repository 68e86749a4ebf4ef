//! The words after `cargo bench --bench peers --`: names of workloads, contenders and servers. Of
//! each sort those that are named are measured, and all where none is.

use anyhow::{Result, bail};

use super::contenders::CONTENDERS;
use super::workloads::WORKLOADS;
use super::{rehearsal, servers};

/// The words, each of which names something.
#[derive(Debug)]
pub struct Selection {
    words: Vec<String>,
}

impl Selection {
    /// Takes the arguments of the benchmark.
    ///
    /// # Errors
    /// When a word names nothing: a typing error would otherwise select everything.
    pub fn new(mut words: Vec<String>) -> Result<Self> {
        // Cargo adds this to whatever the user gives.
        words.retain(|word| word != "--bench");
        let known: Vec<&str> = [servers(), contenders(), workloads()].concat();
        for word in &words {
            if !known.contains(&word.as_str()) {
                bail!("`{word}` names nothing; there are: {}", known.join(", "))
            }
        }
        Ok(Self { words })
    }

    /// Whether the server of this name is measured.
    pub fn includes_server(&self, name: &str) -> bool {
        self.includes(&servers(), name)
    }

    /// Whether the contender of this name is measured.
    pub fn includes_contender(&self, name: &str) -> bool {
        self.includes(&contenders(), name)
    }

    /// Whether the workload of this name is measured.
    pub fn includes_workload(&self, name: &str) -> bool {
        self.includes(&workloads(), name)
    }

    /// Whether the rehearsal is measured. It has no contenders and no server of ours, so whoever
    /// selects among those does not mean it.
    pub fn includes_rehearsal(&self) -> bool {
        self.words.is_empty() || self.names(rehearsal::NAME)
    }

    fn includes(&self, sort: &[&str], name: &str) -> bool {
        self.names(name) || !sort.iter().any(|other| self.names(other))
    }

    fn names(&self, name: &str) -> bool {
        self.words.iter().any(|word| word == name)
    }
}

fn servers() -> Vec<&'static str> {
    servers::NAMES.to_vec()
}

fn contenders() -> Vec<&'static str> {
    CONTENDERS.iter().map(|contender| contender.name).collect()
}

fn workloads() -> Vec<&'static str> {
    let mut names: Vec<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
    names.push(rehearsal::NAME);
    names
}
