//! The paper's claims as data.
//!
//! The paper is arXiv 2303.00633. Its statements are given here *as reconstructed* from its
//! abstract and from the literature around it, in our own words; they are not quotations.

/// Names a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimId(pub &'static str);

/// A statement of the paper, as reconstructed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Its name in tables and on the command line.
    pub id: ClaimId,
    /// The statement in one sentence.
    pub statement: &'static str,
    /// Where in the argument it stands.
    pub place: &'static str,
}

/// Every claim that an experiment of this version checks.
pub const CLAIMS: &[Claim] = &[
    Claim {
        id: ClaimId("prototype-supports"),
        statement: "Data are Gaussians around prototypes whose effective supports do not overlap; real images lie far apart compared with the noise.",
        place: "assumption behind the output law (Theorem 1)",
    },
    Claim {
        id: ClaimId("cpa-affine"),
        statement: "A network of ReLU-like units is continuous and piecewise affine: it is f(x) = A x + b on the region of x.",
        place: "step from the prototypes to the output law (Theorem 1)",
    },
    Claim {
        id: ClaimId("output-mixture"),
        statement: "The output of a piecewise-affine network is a mixture of the Gaussians N(A x + b, A^T S A), one for each prototype x with the affine map (A, b) of its region.",
        place: "Theorem 1",
    },
    Claim {
        id: ClaimId("finite-information"),
        statement: "With noise on the input, information quantities of a deterministic network are finite and useful.",
        place: "why the stochastic input makes the objective well posed",
    },
    Claim {
        id: ClaimId("entropy-change-of-variables"),
        statement: "The entropy of the output follows from the affine maps: H(Z) = H(X) + E ln |det A|.",
        place: "entropy of the output law",
    },
    Claim {
        id: ClaimId("gaussianity"),
        statement: "For small input noise the outputs of a trained network are Gaussian: the p-value of D'Agostino and Pearson's test falls as the noise grows.",
        place: "empirical support of the output law (Theorem 1)",
    },
    Claim {
        id: ClaimId("information-lower-bound"),
        statement: "The information between an embedding and the other view is at least H(Z) + E ln q(z | x'), for any conditional law q.",
        place: "first step from information to the objective",
    },
    Claim {
        id: ClaimId("expected-log-likelihood"),
        statement: "For a unit Gaussian around the other embedding, E ln q(z | z') is (d/2) ln 2 pi - (1/2) (|mu - mu'|^2 + ln(|S| |S'|)), for embeddings N(mu, S) and N(mu', S').",
        place: "step from the bound to the invariance term",
    },
    Claim {
        id: ClaimId("moment-entropy"),
        statement: "The entropy of the representation is approximated through its first two moments, by a log-determinant.",
        place: "step from information to the objective",
    },
    Claim {
        id: ClaimId("diagonal-optimum"),
        statement: "With bounded eigenvalues, the maximiser of ln(|Cov Z| / (|Cov Z given x| |Cov Z given x'|)) has a diagonal Cov Z.",
        place: "Theorem 2",
    },
    Claim {
        id: ClaimId("covariance-taylor"),
        statement: "The covariance penalty is, up to sign, the log-determinant to second order.",
        place: "step from the log-determinant to VICReg's covariance term",
    },
    Claim {
        id: ClaimId("vicreg-maximises-information"),
        statement: "Minimising VICReg maximises the information between the embeddings of two views.",
        place: "what the objective is for",
    },
    Claim {
        id: ClaimId("invariance-collapses"),
        statement: "Invariance alone collapses the representation to a point; the entropy term prevents it.",
        place: "why the objective has an entropy term",
    },
    Claim {
        id: ClaimId("zero-penalty"),
        statement: "An embedding whose variance and covariance penalties are zero has high entropy, and its views share high information.",
        place: "reading of VICReg's variance and covariance terms",
    },
    Claim {
        id: ClaimId("mixture-collapse"),
        statement: "Fitting a Gaussian mixture by gradient collapses when the inputs are trainable as well; one-hot posteriors, or parameters that learn faster than the inputs, prevent it, and with fixed inputs and identity covariances the centres keep a high entropy.",
        place: "why the entropy term is needed, shown on two moons",
    },
    Claim {
        id: ClaimId("bound-holds"),
        statement: "With probability 1 - delta over the labelled points and the positive pairs, the expected distance of a linear fit on self-supervised features from the class is at most invariance, label residuals, complexities and remainders of order 1/sqrt(n) and 1/sqrt(m).",
        place: "generalisation bound",
    },
    Claim {
        id: ClaimId("bound-informal"),
        statement: "Up to a remainder, the downstream risk is at most the mean distance of the positive pairs plus the label residuals and a complexity, as they stand.",
        place: "generalisation bound, informal form",
    },
    Claim {
        id: ClaimId("bound-positive-pairs"),
        statement: "The positive pairs of the bound are two augmentations of one image.",
        place: "generalisation bound, reading of the invariance term",
    },
    Claim {
        id: ClaimId("bound-rates"),
        statement: "The bound falls as 1/sqrt(n) in the labelled points and as 1/sqrt(m) in the unlabelled pairs, and the complexity of the features is paid in m alone.",
        place: "generalisation bound, rates",
    },
    Claim {
        id: ClaimId("bound-tightness"),
        statement: "The bound explains how self-supervised features generalise: where invariance and covariance terms are good, it is small and so is the risk.",
        place: "generalisation bound, what VICReg minimises",
    },
    Claim {
        id: ClaimId("complexity-information"),
        statement: "The complexity of a finite family of encoders is at most of the order of sqrt(ln |F|), and the information I(Z; X) of the representation says how large |F| is.",
        place: "generalisation bound, complexity and information",
    },
    Claim {
        id: ClaimId("bound-rank"),
        statement: "The highest rank of Z Z^T minimises |P_Z|_F, the norm of what least squares leaves, in the downstream bound; VICReg's variance and covariance terms enforce it.",
        place: "reading of VICReg's terms in the downstream bound",
    },
    Claim {
        id: ClaimId("bound-classes"),
        statement: "Unlike the bound of contrastive learning, the downstream bound does not need the number of classes to go to infinity.",
        place: "comparison of the downstream bound with SimCLR's",
    },
    Claim {
        id: ClaimId("entropy-during-training"),
        statement: "The entropy of the embedding rises during training; VICReg ends with the most, SimCLR with the least.",
        place: "experiment on the entropy during training",
    },
    Claim {
        id: ClaimId("entropy-family"),
        statement: "Self-supervised methods gain when an entropy estimator, the log-determinant or pairwise distances, takes the place of VICReg's covariance term or is added to VICReg, SimCLR or BYOL.",
        place: "methods built on entropy estimators, table of linear probes",
    },
    Claim {
        id: ClaimId("simclr-reading"),
        statement: "SimCLR is a von Mises-Fisher likelihood with a log-sum-exp entropy; VICReg is a Gaussian likelihood with second moments; the pairwise-distance entropy is itself contrastive.",
        place: "comparison of VICReg with SimCLR",
    },
    Claim {
        id: ClaimId("estimator-truth"),
        statement: "Entropies and informations can be read off samples: estimators recover known truths. (Not a statement of the paper, but what all measuring rests on.)",
        place: "the instruments of this toolkit",
    },
];

/// The claim of this name.
pub fn claim(id: &str) -> Option<&'static Claim> {
    CLAIMS.iter().find(|claim| claim.id.0 == id)
}
