//! Programs in memory, evaluated for tests.

use super::Evaluator;
use crate::tree::MemoryTree;
use crate::typescript::modules::Program;
use crate::typescript::parse::STACK_SIZE;

/// What `read` makes of the program of `files`, all of which have the role; on a stack that is large enough.
pub(crate) fn evaluated<T: Send>(
    files: &[(&str, &str)],
    read: impl FnOnce(&mut Evaluator<'_>, &[&str]) -> T + Send,
) -> T {
    let evaluate = || {
        let tree = MemoryTree::new(files.iter().copied());
        let program = Program::new(&tree);
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        read(&mut Evaluator::new(&program), &names)
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, evaluate).unwrap().join().unwrap()
    })
}
