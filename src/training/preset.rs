use super::COMPONENT;
use crate::error::Error;

/// A method with settings that worked for embeddings of some dozen coordinates and a few hundred steps: what is minimised, and how fast.
///
/// The weights of the entropy terms are in units in which they do not depend on the dimension: nats a coordinate for the log-determinant; a standard
/// deviation of components that grows with the root of the dimension for the pairwise distances.
pub struct Preset {
    /// Name, as `--method` takes it.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What it is called in a figure.
    pub label: &'static str,
    /// Largest learning rate with AdamW.
    pub rate: f64,
    /// Whether it is there to fail or to bound the others, not as a method.
    pub control: bool,
    /// Whether it trains at all.
    pub trained: bool,
    objective: fn(usize) -> String,
}

/// Largest learning rate with AdamW. Weights start with He's variance, six times that of PyTorch's layers, and the turn that a step of
/// Adam makes of weights before a normalisation is the rate over their length: 0.004 there does what 0.01 does here.
const RATE: f64 = 0.01;

/// The log-determinant entropy with a weight that is `weight` a nat and coordinate.
fn log_det(weight: f64, dim: usize) -> String {
    format!("{}*log_det(epsilon=0.01)", weight / dim as f64)
}

fn pair_dist(dim: usize) -> String {
    format!("pair_dist(std={})", (COMPONENT * dim as f64).sqrt())
}

/// An entropy of directions, with its weight before the brackets.
fn normalised(entropy: &str) -> String {
    match entropy.split_once('*') {
        Some((weight, entropy)) => format!("{weight}*normalised(objective={entropy})"),
        None => format!("normalised(objective={entropy})"),
    }
}

const METHOD: Preset = Preset {
    id: "",
    summary: "",
    label: "",
    rate: RATE,
    control: false,
    trained: true,
    objective: |_| String::new(),
};

const CONTROL: Preset = Preset {
    control: true,
    ..METHOD
};

impl Preset {
    /// All of them: the methods, the entropy family, the controls.
    pub const ALL: &'static [Self] = &[
        Self {
            id: "vicreg",
            label: "VICReg",
            summary: "VICReg with the published weights 25, 25, 1",
            objective: |_| "vicreg()".into(),
            ..METHOD
        },
        Self {
            id: "vicreg_cov5",
            label: "VICReg, cov 5",
            summary: "VICReg with a covariance weight of 5",
            objective: |_| "vicreg(covariance=5)".into(),
            ..METHOD
        },
        Self {
            id: "vicreg_cov25",
            label: "VICReg, cov 25",
            summary: "VICReg with a covariance weight of 25",
            objective: |_| "vicreg(covariance=25)".into(),
            ..METHOD
        },
        Self {
            id: "vicreg_inv10",
            label: "VICReg, inv 10",
            summary: "VICReg with an invariance weight of 10: what suits some dozen coordinates",
            objective: |_| "vicreg(invariance=10)".into(),
            ..METHOD
        },
        Self {
            id: "vicreg_log_det",
            label: "VICReg, cov → LogDet",
            summary: "VICReg with the log-determinant entropy in place of the covariance term",
            objective: |dim| format!("vicreg(covariance=0) + {}", log_det(50.0, dim)),
            ..METHOD
        },
        Self {
            id: "vicreg_pair_dist",
            label: "VICReg, cov → PairDist",
            summary: "VICReg with the pairwise-distance entropy in place of the covariance term",
            objective: |dim| format!("vicreg(covariance=0) + 15*{}", pair_dist(dim)),
            ..METHOD
        },
        Self {
            id: "vicreg_plus_log_det",
            label: "VICReg + LogDet",
            summary: "VICReg and the log-determinant entropy",
            objective: |dim| format!("vicreg() + {}", log_det(5.0, dim)),
            ..METHOD
        },
        Self {
            id: "vicreg_plus_pair_dist",
            label: "VICReg + PairDist",
            summary: "VICReg and the pairwise-distance entropy",
            objective: |dim| format!("vicreg() + 3*{}", pair_dist(dim)),
            ..METHOD
        },
        Self {
            id: "simclr",
            label: "SimCLR",
            summary: "SimCLR at temperature 0.2",
            objective: |_| "nt_xent(temperature=0.2)".into(),
            ..METHOD
        },
        Self {
            id: "simclr_plus_log_det",
            label: "SimCLR + LogDet",
            summary: "SimCLR and the log-determinant entropy of the directions",
            objective: |dim| {
                format!(
                    "nt_xent(temperature=0.2) + {}",
                    normalised(&log_det(2.0, dim))
                )
            },
            ..METHOD
        },
        Self {
            id: "simclr_plus_pair_dist",
            label: "SimCLR + PairDist",
            summary: "SimCLR and the pairwise-distance entropy of the directions",
            objective: |dim| {
                format!(
                    "nt_xent(temperature=0.2) + 3*{}",
                    normalised(&pair_dist(dim))
                )
            },
            ..METHOD
        },
        Self {
            id: "byol",
            label: "BYOL",
            summary: "BYOL",
            objective: |_| "byol()".into(),
            ..METHOD
        },
        Self {
            id: "byol_plus_log_det",
            label: "BYOL + LogDet",
            summary: "BYOL and the log-determinant entropy of the directions",
            objective: |dim| format!("byol() + {}", normalised(&log_det(2.0, dim))),
            ..METHOD
        },
        Self {
            id: "byol_plus_pair_dist",
            label: "BYOL + PairDist",
            summary: "BYOL and the pairwise-distance entropy of the directions",
            objective: |dim| format!("byol() + 3*{}", normalised(&pair_dist(dim))),
            ..METHOD
        },
        Self {
            id: "simsiam",
            label: "SimSiam",
            summary: "SimSiam",
            rate: 0.007,
            objective: |_| "simsiam()".into(),
            ..METHOD
        },
        Self {
            id: "barlow_twins",
            label: "Barlow Twins",
            summary: "Barlow Twins, off-diagonal weight 0.005",
            objective: |_| "barlow_twins(lambda=0.005)".into(),
            ..METHOD
        },
        Self {
            id: "sigreg",
            label: "SIGReg",
            summary: "SIGReg (LeJEPA) on 64 fixed directions",
            objective: |_| "sigreg(lambda=0.02,slices=64)".into(),
            ..METHOD
        },
        Self {
            id: "random",
            label: "random initialisation",
            summary: "no training at all",
            trained: false,
            objective: |_| "invariance()".into(),
            ..CONTROL
        },
        Self {
            id: "invariance",
            label: "invariance only",
            summary: "the invariance term of VICReg alone, which collapses",
            objective: |_| "25*invariance()".into(),
            ..CONTROL
        },
        Self {
            id: "vicreg_without_invariance",
            label: "VICReg without invariance",
            summary: "variance and covariance of VICReg",
            objective: |_| "vicreg(invariance=0)".into(),
            ..CONTROL
        },
        Self {
            id: "vicreg_without_variance",
            label: "VICReg without variance",
            summary: "invariance and covariance of VICReg, which collapses",
            objective: |_| "vicreg(variance=0)".into(),
            ..CONTROL
        },
        Self {
            id: "vicreg_without_covariance",
            label: "VICReg without covariance",
            summary: "invariance and variance of VICReg: few dimensions are left",
            objective: |_| "vicreg(covariance=0)".into(),
            ..CONTROL
        },
        Self {
            id: "supervised",
            label: "supervised",
            summary: "cross-entropy of the labels on augmented images",
            objective: |_| super::method::CROSS_ENTROPY.into(),
            ..CONTROL
        },
    ];

    /// The preset of a name.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn named(id: &str) -> Result<&'static Self, Error> {
        (Self::ALL.iter().find(|preset| preset.id == id)).ok_or_else(|| Error::UnknownName {
            kind: "method",
            name: id.to_owned(),
            known: (Self::ALL.iter().map(|preset| preset.id))
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    /// What is minimised, as [`Method::parse`](super::Method::parse) reads it, for embeddings of `dim` coordinates.
    pub fn method(&self, dim: usize) -> String {
        (self.objective)(dim)
    }
}
