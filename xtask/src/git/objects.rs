//! The contents of objects, through one `git cat-file --batch` for each repository, shared by all
//! threads.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use super::Repository;
use crate::regular_file;

/// Reads objects of one repository.
#[derive(Debug)]
pub struct Objects {
    repository: Repository,
    process: Mutex<Option<Process>>,
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
struct Process {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    /// Creates a reader of the objects of `repository`. Git is not started before the first object
    /// is read.
    #[must_use]
    pub fn new(repository: Repository) -> Self {
        Self {
            repository,
            process: Mutex::new(None),
        }
    }

    /// The bytes of `object`, which is named in hexadecimal.
    ///
    /// # Errors
    /// When git does not have it, as in a clone that is not complete.
    pub fn read(&self, object: &str) -> io::Result<Vec<u8>> {
        let mut slot = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(Process::start(&self.repository)?);
        }
        let answer = slot.as_mut().map(|process| process.ask(object));
        match answer {
            Some(Ok(Some(bytes))) => Ok(bytes),
            Some(Ok(None)) => {
                let why = format!(
                    "git does not have the object {object}, and nothing is fetched here: if the clone is partial, complete it \
                     with `git fetch --refetch --no-filter`"
                );
                Err(io::Error::new(io::ErrorKind::InvalidData, why))
            }
            Some(Err(error)) => {
                // The next answer would belong to an earlier question.
                *slot = None;
                Err(error)
            }
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Process {
    fn start(repository: &Repository) -> io::Result<Self> {
        let mut command = repository.command(&["cat-file", "--batch"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let answers = answers.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            child,
            questions,
            answers: BufReader::with_capacity(64 * 1024, answers),
        })
    }

    /// The object's bytes; none where git does not have it.
    fn ask(&mut self, object: &str) -> io::Result<Option<Vec<u8>>> {
        let questions = self.questions.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        questions.write_all(format!("{object}\n").as_bytes())?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let words: Vec<&str> = head.split_ascii_whitespace().collect();
        let size = match words.as_slice() {
            [_, "missing"] => return Ok(None),
            [_, _, size] => size.parse().ok(),
            _ => None,
        };
        let size: usize =
            size.ok_or_else(|| io::Error::other(format!("git answers `{}`", head.trim())))?;
        // Before memory is reserved for the content.
        regular_file::ensure_bearable(size as u64)?;
        // A line feed follows the content.
        let mut bytes = vec![0; size + 1];
        self.answers.read_exact(&mut bytes)?;
        bytes.pop();
        Ok(Some(bytes))
    }
}

/// Ends git. It would end by itself with its input, unless it were still writing an answer.
impl Drop for Process {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
