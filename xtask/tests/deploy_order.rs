//! The deploy order of a branch: which of the four pairs of old and new code and schema work.
//! PostgreSQL is the oracle. The statements that declarations imply are run on the schema of the
//! other commit, and the verdict must say the same.

mod branches;
mod commit;
mod history;
mod oracle;
mod others;
mod plans;
mod scenarios;
