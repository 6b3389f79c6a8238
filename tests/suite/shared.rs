//! Fixtures that live beside the repository.

use std::path::{Path, PathBuf};

/// The path of `what` among the shared fixtures: under `VICINFO_SHARED`, else under `../shared`.
/// Where it is absent, says that `test` was skipped and returns `None`.
pub fn shared(test: &str, what: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VICINFO_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let path = root.join(what);
    if path.exists() {
        return Some(path);
    }
    println!("{test} skipped: {what} is not in {}", root.display());
    None
}
