use std::fmt;

use nalgebra::DMatrix;

use super::cross_entropy::cross_entropy;
use crate::error::{Error, finite};
use crate::network::Real;
use crate::objective::{self, Evaluation, Objective, Term};
use crate::sample::{Paired, Sample};

/// What is minimised: a weighted sum of objectives of the embeddings of two views, of predictions of targets, or
/// of both.
///
/// Written as objectives are: `vicreg(covariance=25)`, `nt_xent(temperature=0.2)`, or
/// `byol() + 0.2*normalised(objective=log_det())`. In a sum `byol` and `simsiam` take the prediction of one view and
/// the target of the other, both ways round: BYOL the sum of both and SimSiam their mean, as published. All other
/// objectives take the embeddings. `cross_entropy()`, alone, takes the classes of the images: the supervised control.
pub struct Method {
    embeddings: Option<Box<dyn Objective>>,
    predictions: Vec<(f64, Box<dyn Objective>)>,
    target: Option<Target>,
    supervised: bool,
}

/// The method that sees classes.
pub(super) const CROSS_ENTROPY: &str = "cross_entropy()";

/// Whose embeddings predictions are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A network that follows the trained one slowly (BYOL).
    Average,
    /// The network itself, its output taken as constant (SimSiam).
    Constant,
}

impl Target {
    /// What each direction of a prediction counts: BYOL adds them up, SimSiam takes the mean.
    fn share(self) -> f64 {
        match self {
            Self::Average => 1.0,
            Self::Constant => 0.5,
        }
    }
}

/// The derivatives of a loss with respect to what it was computed from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slopes<T: Real> {
    pub embeddings: Option<[DMatrix<T>; 2]>,
    pub predictions: Option<[DMatrix<T>; 2]>,
}

/// Both views of something in double precision.
pub(super) type Views = [Sample; 2];

impl Method {
    /// Reads a method.
    ///
    /// # Errors
    /// [`Error::UnknownName`] and [`Error::InvalidParameter`], also for `byol` and `simsiam` in one sum.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if [CROSS_ENTROPY, "cross_entropy"].contains(&text.trim()) {
            return Ok(Self {
                embeddings: None,
                predictions: Vec::new(),
                target: None,
                supervised: true,
            });
        }
        let whole = objective::parse(text)?;
        let mut embeddings: Vec<(f64, Box<dyn Objective>)> = Vec::new();
        let mut predictions = Vec::new();
        let mut target = None;
        for (weight, name) in whole.addends() {
            let addend = objective::parse(&name)?;
            let found = match name.split('(').next() {
                Some("byol") => Target::Average,
                Some("simsiam") => Target::Constant,
                _ => {
                    embeddings.push((weight, addend));
                    continue;
                }
            };
            if target.is_some_and(|target| target != found) {
                return Err(Error::invalid(
                    "method",
                    text,
                    "byol and simsiam have different targets: one of them",
                ));
            }
            target = Some(found);
            predictions.push((weight * found.share(), addend));
        }
        let embeddings = match embeddings.is_empty() {
            true => None,
            false => Some(Box::new(objective::Sum::new(embeddings)?) as Box<dyn Objective>),
        };
        Ok(Self {
            embeddings,
            predictions,
            target,
            supervised: false,
        })
    }

    /// Whether it takes the classes of the images: cross-entropy with the embedding as log-odds.
    pub fn supervised(&self) -> bool {
        self.supervised
    }

    /// What predictions are compared with; none for a method without predictions.
    pub fn target(&self) -> Option<Target> {
        self.target
    }

    /// The share of the loss of a prediction that each direction has.
    fn share(&self) -> f64 {
        self.target.map_or(1.0, Target::share)
    }

    /// Value and terms of the loss, and its derivatives; the two directions of a prediction are one term.
    ///
    /// The targets of the first view's predictions are those of the second view, and the other way
    /// round.
    pub(super) fn evaluate<T: Real>(
        &self,
        embeddings: &Views,
        predictions: Option<(&Views, &Views)>,
        classes: Option<&[usize]>,
    ) -> Result<(f64, Vec<Term>, Slopes<T>), Error> {
        let mut value = 0.0;
        let mut terms = Vec::new();
        let mut slopes = Slopes {
            embeddings: None,
            predictions: None,
        };
        if self.supervised {
            let classes = classes.ok_or_else(|| {
                Error::invalid(
                    "classes of a batch",
                    "none",
                    "known: cross-entropy takes them",
                )
            })?;
            let [first, second] = embeddings;
            let (of_first, first) = cross_entropy::<T>(first, classes)?;
            let (of_second, second) = cross_entropy::<T>(second, classes)?;
            value = finite("cross-entropy", (of_first + of_second) / 2.0)?;
            terms.push(Term {
                of: "cross_entropy",
                name: "cross-entropy",
                weight: 1.0,
                value,
            });
            let half = T::from_f64(0.5);
            slopes.embeddings = Some([first * half, second * half]);
        }
        if let Some(objective) = &self.embeddings {
            let [first, second] = embeddings.clone();
            let Evaluation {
                value: part,
                terms: parts,
                gradient,
            } = objective.evaluate(&Paired::new(first, second)?)?;
            value += part;
            terms.extend(parts);
            let [first, second] = gradient;
            slopes.embeddings = Some([rounded(&first)?, rounded(&second)?]);
        }
        let Some((predictions, [first_target, second_target])) = predictions else {
            return Ok((value, terms, slopes));
        };
        let mut gradient = [0, 1].map(|view: usize| {
            let (rows, columns) = predictions[view].matrix().shape();
            DMatrix::zeros(rows, columns)
        });
        let share = self.share();
        for (weight, objective) in &self.predictions {
            let from = terms.len();
            for (view, target) in [second_target, first_target].into_iter().enumerate() {
                let pair = Paired::new(predictions[view].clone(), target.clone())?;
                let evaluation = objective.evaluate(&pair)?;
                value += weight * evaluation.value;
                // Both directions are one term, with the share in it that each has in the loss.
                for (place, term) in evaluation.terms.into_iter().enumerate() {
                    let part = share * term.value;
                    match terms.get_mut(from + place) {
                        Some(both) => both.value += part,
                        None => terms.push(Term {
                            weight: weight / share * term.weight,
                            value: part,
                            ..term
                        }),
                    }
                }
                let [of_prediction, _] = evaluation.gradient;
                gradient[view] += of_prediction * *weight;
            }
        }
        let [first, second] = gradient;
        slopes.predictions = Some([rounded(&first)?, rounded(&second)?]);
        Ok((value, terms, slopes))
    }
}

/// Derivatives in the precision of the networks.
fn rounded<T: Real>(gradient: &DMatrix<f64>) -> Result<DMatrix<T>, Error> {
    let rounded = gradient.map(T::from_f64);
    match rounded.iter().find(|value| !value.is_finite()) {
        None => Ok(rounded),
        Some(value) => Err(Error::NonFiniteResult {
            what: "a derivative of the loss in the precision of the network".to_owned(),
            value: value.to_string(),
        }),
    }
}

impl fmt::Display for Method {
    /// As [`Method::parse`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let share = self.share();
        let embeddings = self.embeddings.iter().map(|objective| objective.name());
        let predictions = self
            .predictions
            .iter()
            .map(|(weight, objective)| format!("{}*{}", weight / share, objective.name()));
        if self.supervised {
            return f.write_str(CROSS_ENTROPY);
        }
        f.write_str(
            &predictions
                .chain(embeddings)
                .collect::<Vec<_>>()
                .join(" + "),
        )
    }
}
