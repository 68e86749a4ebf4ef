//! The renderers: report in, text out. They decide nothing.

pub mod human;
