//! Reference material outside the repository.

use std::path::{Path, PathBuf};

/// The reference material, or `None` with a printed reason, so that a test can say that it was
/// skipped. Looked for in `$VICINFO_SHARED`, else in `../shared` beside the repository.
pub fn shared(test: &str, what: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VICINFO_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let path = root.join(what);
    if path.exists() {
        Some(path)
    } else {
        println!(
            "skipped: {test}: the reference material is not here ({what} below $VICINFO_SHARED or ../shared)"
        );
        None
    }
}
