//! Arguments in, exit code out.

use std::process::ExitCode;

/// A statement's way through parser and gate is many small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pgwicket::doors::cli::run()
}
