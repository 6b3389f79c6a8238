//! Value stability of the random streams: these numbers must never change.

use rand::{Rng, RngExt};
use vicinfo::seed::Seed;

#[test]
fn streams_are_stable_across_versions() {
    // SHA-256 of eight little-endian bytes, then of the 32 bytes and the label; checked with
    // python3: hashlib.sha256(hashlib.sha256((7).to_bytes(8,'little')).digest()+b'noise').hexdigest()
    let expected = "Seed([216, 24, 35, 143, 218, 227, 83, 191";
    let printed = format!("{:?}", Seed::root(7).child("noise"));
    assert!(printed.starts_with(expected), "{printed}");
}

#[test]
fn labels_name_streams_whatever_the_order() {
    let root = Seed::root(1);
    let first: u64 = root.child("a").rng().next_u64();
    let _ = root.child("b").rng().next_u64();
    assert_eq!(first, root.child("a").rng().next_u64());
    assert_ne!(root.child("ab"), root.child("a").child("b"));
    assert_ne!(root.child(1), root.child("1 "));
    assert_eq!(root.child(1), root.child("1"));
}

#[test]
fn uniform_draws_have_the_right_mean() {
    let mut rng = Seed::root(3).child("mean").rng();
    let n = 100_000;
    let mean: f64 = (0..n).map(|_| rng.random::<f64>()).sum::<f64>() / f64::from(n);
    assert!(
        (mean - 0.5).abs() < 6.0 / (12.0 * f64::from(n)).sqrt(),
        "{mean}"
    );
}
