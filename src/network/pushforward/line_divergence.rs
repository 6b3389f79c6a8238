use super::line::LineComponent;
use super::quadrature::{REACH, integrate, require_panels};
use super::{LineSegment, OutputMixture, PiecewiseLine, log_sum_exp, positive_part};
use crate::error::{Error, finite};
use crate::law::Mixture;

/// How far the law of `g(X)` on the line is from a mixture, to the accuracy of a quadrature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineDivergence {
    /// Total variation, atoms included.
    pub total_variation: f64,
    /// Kullback-Leibler divergence from the law of `g(X)` to the mixture in nats; `None` where it
    /// is infinite, as for an atom that the mixture does not have.
    pub kl: Option<f64>,
}

/// A law on the line: Gaussians cut to the images of segments, and atoms.
struct Density<'a> {
    map: &'a PiecewiseLine,
    components: Vec<LineComponent>,
}

impl Density<'_> {
    /// `ln p(z)` of the part that has a density.
    fn ln(&self, z: f64) -> f64 {
        let mut terms = Vec::new();
        for segment in self.map.segments() {
            if let Some(x) = segment.preimage(z) {
                let ln_slope = segment.slope.abs().ln();
                terms.extend(self.components.iter().map(|c| c.ln_density(x) - ln_slope));
            }
        }
        log_sum_exp(&terms)
    }
}

/// Masses at places, equal places together.
fn gathered(mut atoms: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    atoms.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut gathered: Vec<(f64, f64)> = Vec::new();
    for (place, mass) in atoms {
        match gathered.last_mut() {
            Some(last) if last.0.total_cmp(&place).is_eq() => last.1 += mass,
            _ => gathered.push((place, mass)),
        }
    }
    gathered
}

impl PiecewiseLine {
    /// The atoms of the law of `g(X)`: places and masses of the flat segments, equal places together.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a law in more dimensions than one.
    pub fn atoms(&self, law: &Mixture) -> Result<Vec<(f64, f64)>, Error> {
        let components = LineComponent::of(law)?;
        let flat = self.segments().iter().filter(|s| s.slope.abs() == 0.0);
        Ok(gathered(
            flat.map(|segment| {
                let masses = components.iter().map(|c| c.mass(segment.from, segment.to));
                (segment.intercept, masses.sum())
            })
            .collect(),
        ))
    }

    /// Divergences of the law of `g(X)` from a mixture on the line.
    ///
    /// `TV = int (p - q)_+ dz + sum (P - Q)_+` over the atoms; integrals are cut at the images of the
    /// ends of the segments and where `p` and `q` cross.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a law or a mixture in more dimensions than one;
    /// [`Error::InvalidParameter`] when the scales involved are so far apart that the quadrature needs
    /// more than 2^20 panels; [`Error::NonFiniteResult`] when a density overflows.
    pub fn divergence(
        &self,
        law: &Mixture,
        mixture: &OutputMixture,
    ) -> Result<LineDivergence, Error> {
        let components = LineComponent::of(law)?;
        let mut normal = Vec::new();
        let mut mixture_atoms = Vec::new();
        for (&weight, component) in mixture.weights.iter().zip(&mixture.components) {
            if component.mean.len() != 1 {
                return Err(Error::Mismatch {
                    what: "dimension of a mixture on the line",
                    expected: 1,
                    actual: component.mean.len(),
                });
            }
            let (mean, std_dev) = (component.mean[0], component.factor.norm());
            if std_dev > 0.0 {
                normal.push(LineComponent {
                    weight,
                    mean,
                    std_dev,
                });
            } else {
                mixture_atoms.push((mean, weight));
            }
        }
        let atoms = self.atoms(law)?;
        let (breaks, width) = self.scales(&components, &normal);
        let density = Density {
            map: self,
            components,
        };
        let ln_q = |z: f64| -> f64 {
            log_sum_exp(&normal.iter().map(|c| c.ln_density(z)).collect::<Vec<_>>())
        };
        let difference = |z: f64| density.ln(z).exp() - ln_q(z).exp();
        // Before the search for crossings, which takes a few points a panel.
        require_panels(&breaks, width)?;
        let mut crossings = breaks.clone();
        for (&from, &to) in breaks.iter().zip(breaks.iter().skip(1)) {
            crossings.extend(roots(from, to, width, &difference));
        }
        let continuous = integrate(crossings.clone(), width, |z| positive_part(difference(z)))?;
        let mixture_atoms = gathered(mixture_atoms);
        let of = |list: &[(f64, f64)], place: f64| {
            (list.iter())
                .find(|atom| atom.0.total_cmp(&place).is_eq())
                .map_or(0.0, |atom| atom.1)
        };
        let excess: f64 = (atoms.iter())
            .map(|&(place, mass)| (mass - of(&mixture_atoms, place)).max(0.0))
            .sum();
        let unmatched =
            (atoms.iter()).any(|&(place, mass)| mass > 0.0 && of(&mixture_atoms, place) <= 0.0);
        let has_density = self.segments().iter().any(|s| s.slope.abs() > 0.0);
        let kl = if unmatched || (has_density && normal.is_empty()) {
            None
        } else {
            let between = integrate(crossings, width, |z| {
                let ln_p = density.ln(z);
                // Where p underflows, p ln p/q does so too.
                if ln_p < -700.0 {
                    0.0
                } else {
                    ln_p.exp() * (ln_p - ln_q(z))
                }
            })?;
            let at_atoms: f64 = (atoms.iter())
                .filter(|(_, mass)| *mass > 0.0)
                .map(|&(place, mass)| mass * (mass / of(&mixture_atoms, place)).ln())
                .sum();
            Some(finite("the divergence on the line", between + at_atoms)?)
        };
        Ok(LineDivergence {
            total_variation: finite("the total variation on the line", continuous + excess)?,
            kl,
        })
    }

    /// Where a density on the line has kinks and ends, sorted, and a width on which it is smooth.
    pub(super) fn scales(
        &self,
        components: &[LineComponent],
        others: &[LineComponent],
    ) -> (Vec<f64>, f64) {
        let mut width = f64::INFINITY;
        let mut breaks: Vec<f64> = Vec::new();
        let mut reach = |mean: f64, std_dev: f64, breaks: &mut Vec<f64>| {
            width = width.min(0.5 * std_dev);
            breaks.extend([mean - REACH * std_dev, mean + REACH * std_dev]);
        };
        for segment in self.segments().iter().filter(|s| s.slope.abs() > 0.0) {
            for component in components {
                let spread = segment.slope.abs() * component.std_dev;
                reach(segment.at(component.mean), spread, &mut breaks);
            }
        }
        for component in others {
            reach(component.mean, component.std_dev, &mut breaks);
        }
        let ends = self.segments().iter().flat_map(LineSegment::image_ends);
        let (low, high) = (breaks.iter()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), b| {
            (l.min(*b), h.max(*b))
        });
        breaks.extend(ends.filter(|end| *end > low && *end < high));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        (breaks, width)
    }
}

/// Sign changes between two breaks, found on a grid finer than the smallest scale.
fn roots(from: f64, to: f64, width: f64, f: &impl Fn(f64) -> f64) -> Vec<f64> {
    let steps = (8.0 * (to - from) / width).ceil().max(8.0);
    let step = (to - from) / steps;
    // Half a step inside the ends: at a break itself the density has two values.
    let grid = |k: usize| from + (k as f64 + 0.5) * step;
    let mut found = Vec::new();
    let mut previous = f(grid(0));
    for k in 1..steps as usize {
        let next = f(grid(k));
        if previous * next < 0.0 {
            let (mut low, mut high) = (grid(k - 1), grid(k));
            // A step on the grid has fewer halvings than this before it is below rounding.
            for _ in 0..64 {
                let middle = f64::midpoint(low, high);
                if f(middle) * previous > 0.0 {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            found.push(f64::midpoint(low, high));
        }
        previous = next;
    }
    found
}
