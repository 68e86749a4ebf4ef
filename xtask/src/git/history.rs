//! Commits: the one that a name means, the merge base of two, the changes between them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::{Repository, configuration, failure, list, run};

/// Has git compare contents as they are, without the programs that make text of them.
const NO_TEXTCONV: &str = "--no-textconv";

impl Repository {
    /// The commit that `reference` (a branch, a tag, `HEAD~2`) means, in full.
    ///
    /// # Errors
    /// When it means none, with what to do about that.
    pub fn commit(&self, reference: &str) -> Result<String> {
        let asked = format!("{reference}^{{commit}}");
        // `--end-of-options`: a reference that begins with `-` is no option.
        let found = self.answer(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &asked,
        ])?;
        let Some(commit) = found.filter(|commit| !commit.is_empty()) else {
            bail!(self.unknown(reference)?)
        };
        Ok(commit)
    }

    /// The branch that others are merged into, as far as the clone tells: the one that the remote
    /// `origin` checks out, else `main` or `master`.
    ///
    /// # Errors
    /// When git fails.
    pub fn main_branch(&self) -> Result<Option<String>> {
        let head = self.answer(&[
            "symbolic-ref",
            "--quiet",
            "--short",
            "refs/remotes/origin/HEAD",
        ])?;
        let known = ["origin/main", "origin/master", "main", "master"];
        let candidates = head.into_iter().chain(known.map(str::to_owned));
        for name in candidates {
            let asked = format!("{name}^{{commit}}");
            let arguments = [
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &asked,
            ];
            if self.answer(&arguments)?.is_some() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn unknown(&self, reference: &str) -> Result<String> {
        if reference == "HEAD" {
            return Ok("there is no commit yet".to_owned());
        }
        let remote = self.text(&[
            "for-each-ref",
            "--format=%(refname:short)",
            "--",
            &format!("refs/remotes/*/{reference}"),
        ])?;
        let hint = match remote.lines().next() {
            Some(remote) => format!("did you mean `{remote}`?"),
            // `HEAD~20` is counted from a commit, and nothing of that name can be fetched.
            None if reference.contains(['~', '^']) => {
                let is_shallow = self.text(&["rev-parse", "--is-shallow-repository"])? == "true";
                let hint = match is_shallow {
                    true => "the clone is shallow; run `git fetch --unshallow`",
                    false => "its history is not that long",
                };
                hint.to_owned()
            }
            None => format!(
                "fetch it with `git fetch origin {}`",
                reference.trim_start_matches("origin/")
            ),
        };
        Ok(format!(
            "`{reference}` is no branch, tag or commit of this clone: {hint}"
        ))
    }

    /// The commit in which `ours` parted from `theirs`.
    ///
    /// # Errors
    /// When there is none, or the clone is not deep enough to know.
    pub fn merge_base(&self, ours: &str, theirs: &str, name: &str) -> Result<String> {
        let found = self.answer(&["merge-base", ours, theirs])?;
        if let Some(base) = found.filter(|base| !base.is_empty()) {
            return Ok(base);
        }
        if self.text(&["rev-parse", "--is-shallow-repository"])? == "true" {
            bail!(
                "cannot tell where this branch parted from `{name}`: the clone is shallow; run `git fetch --unshallow`, \
                 or in CI check out with `fetch-depth: 0` (GitHub) or `GIT_DEPTH: 0` (GitLab)"
            )
        }
        bail!(
            "this branch and `{name}` have no commit in common: name the branch that it is to be merged into"
        )
    }

    /// Whether the commit `earlier` is `later`, or one that `later` was made on.
    ///
    /// # Errors
    /// When git fails.
    pub fn is_ancestor(&self, earlier: &str, later: &str) -> Result<bool> {
        let answered = self.answer(&["merge-base", "--is-ancestor", earlier, later])?;
        Ok(answered.is_some())
    }

    /// Files below the folder that were renamed between the commit `before` and the commit `after`,
    /// or the staged files without it. Maps the earlier name to the later one.
    ///
    /// # Errors
    /// When git fails.
    pub fn renames(&self, before: &str, after: Option<&str>) -> Result<BTreeMap<String, String>> {
        let options = [
            "diff",
            NO_TEXTCONV,
            "--find-renames",
            "--diff-filter=R",
            "--name-status",
            "--relative",
            "-z",
        ];
        let compared = match after {
            Some(after) => vec!["--end-of-options", before, after, "--"],
            None => vec!["--cached", "--end-of-options", before, "--"],
        };
        let listed = self.bytes(&[options.as_slice(), &compared].concat())?;
        let parts: Vec<String> = list(&listed).collect();
        let pair = |parts: &[String]| match parts {
            [_score, before, after] => Some((before.clone(), after.clone())),
            _ => None,
        };
        Ok(parts.chunks(3).filter_map(pair).collect())
    }

    /// The paths below the folder whose staged content is not that of `HEAD`, with both names of
    /// renamed files.
    ///
    /// # Errors
    /// When git fails.
    pub fn staged_paths(&self) -> Result<Vec<String>> {
        let listed = self.bytes(&[
            "diff",
            "--cached",
            "--name-only",
            "--no-renames",
            "--relative",
            "-z",
        ]);
        Ok(list(&listed.context("cannot tell what is staged")?).collect())
    }

    /// Whether files that git knows were changed and not committed. The work trees of submodules
    /// are not looked at: git would be run in each with its own configuration.
    ///
    /// # Errors
    /// When git fails.
    pub fn has_changes(&self) -> Result<bool> {
        let arguments = [
            "diff",
            "--no-ext-diff",
            NO_TEXTCONV,
            "--ignore-submodules=dirty",
            "--quiet",
            "HEAD",
            "--",
            ".",
        ];
        let settings = [
            configuration::without_programs(),
            configuration::without_filters(self)?,
        ]
        .concat();
        let output = run(&mut self.configured_command(&arguments, &settings))?;
        match output.status.code() {
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(_) | None => Err(failure(&arguments, &output)),
        }
    }
}
