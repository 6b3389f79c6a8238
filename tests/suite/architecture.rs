//! Who imports whom, and that everything public is documented (the latter by the compiler).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// What a module may import. `main` stands for the command line, which uses the public API.
const ALLOWED: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("seed", &[]),
    ("figure", &["error"]),
    ("paper", &[]),
    ("guide", &[]),
    ("number", &[]),
    ("parameters", &["error"]),
    // The normality tests read samples, and draw their directions and their null laws.
    (
        "stats",
        &["error", "parameters", "seed", "sample", "linalg", "kernel"],
    ),
    ("sample", &["error"]),
    ("linalg", &["error", "sample"]),
    ("neighbour", &["error", "sample"]),
    ("kernel", &["error", "sample", "linalg", "neighbour"]),
    ("array", &["error", "sample", "record", "network"]),
    ("law", &["error", "seed", "sample", "linalg", "stats"]),
    // An objective is an entropy with its gradient: it takes the entropy's constants, the kernels and the
    // fixed directions from where they are.
    (
        "objective",
        &[
            "error",
            "parameters",
            "sample",
            "linalg",
            "kernel",
            "entropy",
            "diagnostic",
        ],
    ),
    (
        "network",
        &["error", "seed", "sample", "linalg", "stats", "law"],
    ),
    (
        "entropy",
        &[
            "error",
            "parameters",
            "sample",
            "linalg",
            "neighbour",
            "kernel",
        ],
    ),
    (
        "information",
        &[
            "error",
            "parameters",
            "sample",
            "linalg",
            "neighbour",
            "kernel",
            "entropy",
        ],
    ),
    (
        "diagnostic",
        // The Epps-Pulley distance is one of the normality tests.
        &[
            "error",
            "parameters",
            "sample",
            "linalg",
            "entropy",
            "stats",
        ],
    ),
    // A complexity is an average over drawn signs, a population can be drawn from.
    (
        "bound",
        &["error", "seed", "sample", "linalg", "stats", "network"],
    ),
    ("image", &["error", "seed", "sample"]),
    // A probe reads labels as the bound does.
    (
        "training",
        &[
            "error",
            "parameters",
            "seed",
            "sample",
            "linalg",
            "network",
            "objective",
            "entropy",
            "diagnostic",
            "image",
            "bound",
            // The length of a run is named where the scales are.
            "record",
        ],
    ),
    (
        "uncertainty",
        &[
            "error",
            "seed",
            "sample",
            "linalg",
            "stats",
            "law",
            "entropy",
            "information",
        ],
    ),
    (
        "conformance",
        &[
            "error",
            "seed",
            "sample",
            "linalg",
            "neighbour",
            "stats",
            "law",
            "entropy",
            "information",
        ],
    ),
    (
        "audit",
        &[
            "error",
            "seed",
            "sample",
            "linalg",
            "neighbour",
            "stats",
            "entropy",
            "information",
            "diagnostic",
            "objective",
            "bound",
            "uncertainty",
            "figure",
            "number",
            // Its pages look like the report's.
            "report",
        ],
    ),
    ("finding", &["stats"]),
    ("record", &["error", "finding"]),
    // What a user hands to experiments names a set of images.
    (
        "experiment",
        &[
            "error", "seed", "stats", "paper", "figure", "finding", "record", "image", "number",
        ],
    ),
    (
        "report",
        &[
            "error", "record", "paper", "stats", "figure", "finding", "number",
        ],
    ),
];

struct Imports(Vec<String>);

impl<'ast> Visit<'ast> for Imports {
    fn visit_use_tree(&mut self, tree: &'ast syn::UseTree) {
        if let syn::UseTree::Path(path) = tree
            && path.ident == "crate"
        {
            match &*path.tree {
                syn::UseTree::Path(inner) => self.0.push(inner.ident.to_string()),
                syn::UseTree::Name(inner) => self.0.push(inner.ident.to_string()),
                syn::UseTree::Rename(inner) => self.0.push(inner.ident.to_string()),
                syn::UseTree::Group(group) => {
                    for item in &group.items {
                        match item {
                            syn::UseTree::Path(inner) => self.0.push(inner.ident.to_string()),
                            syn::UseTree::Name(inner) => self.0.push(inner.ident.to_string()),
                            _ => panic!("no glob or nested group of the crate: write imports out"),
                        }
                    }
                }
                syn::UseTree::Glob(_) => panic!("no glob import of the crate"),
            }
        }
        syn::visit::visit_use_tree(self, tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter();
        if segments.next().is_some_and(|first| first.ident == "crate")
            && let Some(module) = segments.next()
        {
            self.0.push(module.ident.to_string());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Unit tests may use whatever makes their data.
        let test = item.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Ident>()
                    .is_ok_and(|i| i == "test")
        });
        if !test {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn modules_import_in_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative
            .iter()
            .next()
            .unwrap()
            .to_string_lossy()
            .replace(".rs", "");
        if ["lib", "main", "cli"].contains(&module.as_str()) {
            continue;
        }
        let allowed = ALLOWED
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("module {module} is not in the table of this test"))
            .1;
        let mut imports = Imports(Vec::new());
        imports.visit_file(&syn::parse_file(&std::fs::read_to_string(&file).unwrap()).unwrap());
        for import in imports.0 {
            *found.entry(module.clone()).or_default() += 1;
            let is_error_type = import == "Error";
            if import != module && !is_error_type && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The test sees something: the estimators do import.
    assert!(
        found["entropy"] > 5 && found["information"] > 5,
        "{found:?}"
    );
}

#[test]
fn estimators_cannot_see_laws_or_random_numbers() {
    for (name, allowed) in ALLOWED {
        if ["entropy", "information", "diagnostic"].contains(name) {
            assert!(!allowed.contains(&"law") && !allowed.contains(&"seed"));
        }
    }
}
