use nalgebra::DMatrix;

use super::{ALL, Evaluation, Objective};
use crate::error::Error;
use crate::parameters;
use crate::sample::Paired;

/// A weighted sum of objectives, such as `vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)`.
///
/// The name of a sum of sums has the weights multiplied out.
pub struct Sum {
    parts: Vec<(f64, Box<dyn Objective>)>,
}

impl Sum {
    /// Puts objectives together.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for no part, or a weight that is not finite, also once it is multiplied with
    /// those of a sum inside.
    pub fn new(parts: Vec<(f64, Box<dyn Objective>)>) -> Result<Self, Error> {
        if parts.is_empty() {
            return Err(Error::invalid("parts", 0, "a sum has at least one"));
        }
        let sum = Self { parts };
        match sum.addends().iter().find(|(weight, _)| !weight.is_finite()) {
            Some((weight, _)) => Err(Error::invalid("weight", weight, "a finite number")),
            None => Ok(sum),
        }
    }
}

impl Objective for Sum {
    fn name(&self) -> String {
        let addend = |(weight, name): (f64, String)| {
            if weight.to_bits() == 1.0_f64.to_bits() {
                name
            } else {
                format!("{weight}*{name}")
            }
        };
        let addends = self.addends().into_iter().map(addend);
        addends.collect::<Vec<_>>().join(" + ")
    }

    fn addends(&self) -> Vec<(f64, String)> {
        let of = |(weight, part): &(f64, Box<dyn Objective>)| {
            let (weight, inside) = (*weight, part.addends().into_iter());
            inside.map(move |(inner, name)| (weight * inner, name))
        };
        self.parts.iter().flat_map(of).collect()
    }

    fn evaluate(&self, views: &Paired) -> Result<Evaluation, Error> {
        let mut terms = Vec::new();
        let [mut first, mut second] = [&views.x, &views.y].map(|view| {
            let (rows, columns) = view.matrix().shape();
            DMatrix::zeros(rows, columns)
        });
        for (weight, part) in &self.parts {
            let evaluation = part.evaluate(views)?;
            terms.extend(evaluation.terms.into_iter().map(|mut term| {
                term.weight *= weight;
                term
            }));
            let [more_first, more_second] = evaluation.gradient;
            first += more_first * *weight;
            second += more_second * *weight;
        }
        Evaluation::new(&self.name(), terms, [first, second])
    }
}

/// Reads one objective or a sum of them.
pub(super) fn parse(text: &str) -> Result<Box<dyn Objective>, Error> {
    let mut parts = addends(text)
        .into_iter()
        .map(|part| {
            let (weight, name) = match part.split_once('*') {
                // A star inside of the parentheses is no weight.
                Some((weight, name)) if !weight.contains('(') => {
                    let weight = weight.trim();
                    let value = weight.parse().map_err(|_| {
                        Error::invalid("weight", weight, "a finite number before the star")
                    })?;
                    (value, name)
                }
                _ => (1.0, part),
            };
            Ok((weight, parameters::build("objective", ALL, name)?))
        })
        .collect::<Result<Vec<(f64, Box<dyn Objective>)>, Error>>()?;
    match parts.pop() {
        Some((weight, part)) if parts.is_empty() && weight.to_bits() == 1.0_f64.to_bits() => {
            Ok(part)
        }
        Some(last) => {
            parts.push(last);
            Ok(Box::new(Sum::new(parts)?))
        }
        None => Err(Error::invalid("objective", text, "a name")),
    }
}

/// Splits at plus signs outside of parentheses.
fn addends(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '+' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
