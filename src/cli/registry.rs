//! Every experiment, one line each.

use vicinfo::experiment::Entry;

macro_rules! experiments {
    ($($path:literal as $module:ident :: $experiment:ident;)*) => {
        $(#[path = $path] mod $module;)*

        /// Every experiment, in the order of the report.
        pub const EXPERIMENTS: &[Entry] = &[$(Entry::of::<$module::$experiment>()),*];
    };
}

experiments! {
    "../../experiments/supports/main.rs" as supports::Supports;
    "../../experiments/affine_regions/main.rs" as affine_regions::AffineRegions;
    "../../experiments/output_mixture/main.rs" as output_mixture::OutputMixture;
    "../../experiments/gaussianity/main.rs" as gaussianity::Gaussianity;
    "../../experiments/network_entropy/main.rs" as network_entropy::NetworkEntropy;
    "../../experiments/information_bound/main.rs" as information_bound::InformationBound;
    "../../experiments/mixture_entropy/main.rs" as mixture_entropy::MixtureEntropy;
    "../../experiments/diagonal_optimum/main.rs" as diagonal_optimum::DiagonalOptimum;
    "../../experiments/vicreg_information/main.rs" as vicreg_information::VicregInformation;
    "../../experiments/zero_penalty/main.rs" as zero_penalty::ZeroPenalty;
    "../../experiments/mixture_collapse/main.rs" as mixture_collapse::MixtureCollapse;
    "../../experiments/entropy_training/main.rs" as entropy_training::EntropyTraining;
    "../../experiments/ssl_family/main.rs" as ssl_family::SslFamily;
    "../../experiments/bound_coverage/main.rs" as bound_coverage::BoundCoverage;
    "../../experiments/bound_scaling/main.rs" as bound_scaling::BoundScaling;
    "../../experiments/bound_rank/main.rs" as bound_rank::BoundRank;
    "../../experiments/bound_classes/main.rs" as bound_classes::BoundClasses;
    "../../experiments/estimator_benchmark/main.rs" as estimator_benchmark::EstimatorBenchmark;
}

/// The experiment of this name.
///
/// # Errors
/// [`vicinfo::Error::UnknownName`].
pub fn named(id: &str) -> Result<&'static Entry, vicinfo::Error> {
    EXPERIMENTS
        .iter()
        .find(|entry| entry.id == id)
        .ok_or_else(|| vicinfo::Error::UnknownName {
            kind: "experiment",
            name: id.to_owned(),
            known: EXPERIMENTS
                .iter()
                .map(|entry| entry.id)
                .collect::<Vec<_>>()
                .join(", "),
        })
}

/// The experiments of these names, each once.
///
/// # Errors
/// As [`named`].
pub fn chosen(ids: &[String]) -> Result<Vec<&'static Entry>, vicinfo::Error> {
    let ids = vicinfo::experiment::distinct(ids.iter().map(String::as_str));
    ids.iter().map(|id| named(id)).collect()
}
