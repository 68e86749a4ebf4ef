//! The program `pgaccord`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
