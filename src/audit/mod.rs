//! What the theory has to say about embeddings of two views: an [`Audit`]. One section a file.
//!
//! An audit needs the embeddings alone; with labels it adds what is left of them, with the images behind the embeddings a
//! baseline that nobody trained. Every number comes with what it is, how many pairs it was read from, and, where
//! one is known, its side of the truth and its standard error; what could not be had comes with the reason.
//!
//! ```
//! use vicinfo::audit::{Audit, Subject};
//! use vicinfo::law::{JointGaussian, JointLaw};
//! use vicinfo::seed::Seed;
//!
//! let views = JointGaussian::sparse(4, 4, &[0.9, 0.9, 0.9, 0.9])?.sample(500, Seed::root(1));
//! let audit = Audit::new(&Subject::new("two views", views)?, Seed::root(2))?;
//! let information = audit.reading("information", "gaussian").and_then(|reading| reading.value);
//! let truth = -2.0 * (1.0_f64 - 0.81).ln();
//! assert!((information.unwrap_or(0.0) - truth).abs() < 0.3);
//! # Ok::<(), vicinfo::Error>(())
//! ```

mod baseline;
mod collapse;
mod compare;
mod density;
mod entropy;
mod html;
mod influence;
mod information;
mod labels;
mod normality;
mod rank;
mod reading;
mod redundancy;
mod slack;
mod subject;
mod twins;
mod vicreg;

use serde::{Deserialize, Serialize};

pub use compare::{Cell, Comparison, Note, Row};
pub use reading::{Missing, Reading, Section};
pub use subject::Subject;

use crate::error::Error;
use crate::seed::Seed;
use subject::Context;

/// Spread of the points over their length below which an embedding counts as collapsed to a point.
pub const COLLAPSED: f64 = 1e-3;

/// Everything that is said about one embedding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// What was audited, in the user's words.
    pub name: String,
    /// Number of pairs.
    pub n: usize,
    /// Dimension of the embedding.
    pub dim: usize,
    /// Whether labels were given.
    pub labelled: bool,
    /// Whether the images behind the embeddings were given.
    pub images: bool,
    /// Whether a view has collapsed to a point: what is said of collapse and the terms of VICReg are all there is then.
    pub collapsed: bool,
    /// Which has: "the first view", "the second view" or "both views".
    pub collapsed_view: Option<String>,
    /// The number of the seed, where it is known: [`Audit::new`] gets a stream and leaves this to who made it from a number.
    pub seed: Option<u64>,
    /// Version of vicinfo; empty in audits that were written before it was recorded.
    #[serde(default)]
    pub version: String,
    /// What is said, section by section.
    pub sections: Vec<Section>,
}

impl Audit {
    /// Reads everything off an embedding. The seed decides which pairs a method gets that cannot take them all, which Gaussian
    /// twins it is held against, and the random projections.
    ///
    /// Cost: about as many operations as `n d^2 + d^3` at most 4e11, and a constant number of estimates that take
    /// `m^2 d` for at most 4000 pairs; memory that of the views and as much again, and some `40 d^2` numbers.
    ///
    /// # Errors
    /// [`Error::NonFiniteResult`] when squares of coordinates exceed the largest double. What cannot be had of an
    /// embedding otherwise is the reason in a [`Reading`].
    pub fn new(subject: &Subject, seed: Seed) -> Result<Self, Error> {
        Self::with_progress(subject, seed, &mut |_| ())
    }

    /// As [`Audit::new`]; tells the title of each section before it is begun.
    ///
    /// # Errors
    /// As [`Audit::new`].
    pub fn with_progress(
        subject: &Subject,
        seed: Seed,
        begun: &mut dyn FnMut(&str),
    ) -> Result<Self, Error> {
        let context = Context::new(subject, seed.child("audit"))?;
        let collapsed_view = context.collapsed_view();
        let collapsed = collapsed_view.is_some();
        let mut sections = Vec::new();
        for (title, free_of_scale, section) in SECTIONS {
            if (*title == labels::TITLE && subject.labels.is_none())
                || (collapsed && *free_of_scale)
            {
                continue;
            }
            begun(title);
            sections.push(section(&context));
        }
        let (dim, _) = subject.views.dims();
        Ok(Self {
            name: subject.name.clone(),
            n: subject.views.n(),
            dim,
            labelled: subject.labels.is_some(),
            images: subject.images.is_some(),
            collapsed,
            collapsed_view: collapsed_view.map(str::to_owned),
            seed: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sections,
        })
    }

    /// A reading by the identifier of its section and its name.
    pub fn reading(&self, section: &str, name: &str) -> Option<&Reading> {
        let section = self.sections.iter().find(|s| s.id == section)?;
        section.readings.iter().find(|r| r.name == name)
    }

    /// The audit as one HTML file with its figures inside: no scripts, no other files, no network. A figure that cannot be drawn
    /// is said in its place.
    pub fn html(&self) -> String {
        html::page(self)
    }
}

type Read = fn(&Context<'_>) -> Section;

/// The sections in their order: title, whether an embedding with a collapsed view has none of it, and how it is read.
const SECTIONS: &[(&str, bool, Read)] = &[
    (collapse::TITLE, false, collapse::section),
    (vicreg::TITLE, false, vicreg::section),
    (entropy::TITLE, true, entropy::section),
    (slack::TITLE, true, slack::section),
    (information::TITLE, true, information::section),
    (rank::TITLE, true, rank::section),
    (normality::TITLE, true, normality::section),
    (redundancy::TITLE, true, redundancy::section),
    (labels::TITLE, true, labels::section),
    (baseline::TITLE, true, baseline::section),
];
