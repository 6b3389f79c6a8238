//! The command line `vicinfo`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
