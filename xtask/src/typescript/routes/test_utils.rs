//! Programs in memory that run, for tests.

use std::rc::Rc;

use super::Server;
use crate::tree::MemoryTree;
use crate::typescript::modules::Program;
use crate::typescript::parse::STACK_SIZE;
use crate::typescript::resolve::Resolver;

/// Returns the result of `read` for the program of `files`, all of which have the role. Runs on a
/// stack that is large enough.
pub(crate) fn running<T: Send>(
    files: &[(&str, &str)],
    read: impl for<'p> FnOnce(&Resolver<'p>, &Server<'p>, &[&str]) -> T + Send,
) -> T {
    let run = || {
        let tree = MemoryTree::new(files.iter().copied());
        let program = Program::new(&tree);
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        let server = Rc::new(Server::default());
        let resolver = Resolver::running(&program, server.clone());
        read(&resolver, &server, &names)
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, run)
            .unwrap()
            .join()
            .unwrap()
    })
}
