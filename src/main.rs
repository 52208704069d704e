//! The command `throughline`.

/// Drafts are made on one thread and freed on another, and answers come and go by the thousand: both
/// cost half of what they do with the C library's allocator (DESIGN.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    throughline::cli::main()
}
