use std::f64::consts::TAU;

use super::line::{LineComponent, normal_mass};
use super::quadrature::{REACH, integrate};
use super::{LineSegment, PiecewiseLine, log_sum_exp};
use crate::error::{Error, finite};
use crate::law::Mixture;

/// Distances from an edge, in standard deviations of the noise, at which panels end: the noise
/// smears every edge and every atom over this width, which an adaptive rule would step over.
const NEAR_EDGE: [f64; 20] = [
    0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 10.0,
    15.0, 40.0,
];

impl PiecewiseLine {
    /// `E ln |g'(X)|`, exactly: the sum over segments of mass times `ln |slope|`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a law in more dimensions than one; [`Error::NonFiniteResult`] when a
    /// flat segment has mass.
    pub fn expected_ln_slope(&self, law: &Mixture) -> Result<f64, Error> {
        let components = LineComponent::of(law)?;
        let mut total = 0.0;
        for segment in self.segments() {
            let mass = mass(segment, &components);
            if mass > 0.0 {
                total += mass * segment.slope.abs().ln();
            }
        }
        finite("the mean logarithm of the slope", total)
    }

    /// Entropy of `g(X)` in nats, by quadrature of `-p ln p` between the images of the segments' ends.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a law in more dimensions than one; [`Error::NonFiniteResult`] for a
    /// law of `g(X)` with an atom, whose entropy is `-inf`.
    pub fn entropy(&self, law: &Mixture) -> Result<f64, Error> {
        self.over_image(law, |terms| {
            let ln_p = log_sum_exp(terms);
            -ln_p.exp() * ln_p
        })
    }

    /// `H(X|Z)`, what folding loses: the mean entropy of which preimage of `Z = g(X)` was `X`, in
    /// nats, by quadrature. With it, `H(Z) = H(X) + E ln |g'(X)| - H(X|Z)`.
    ///
    /// # Errors
    /// As [`PiecewiseLine::entropy`].
    pub fn folding_entropy(&self, law: &Mixture) -> Result<f64, Error> {
        self.over_image(law, |terms| {
            let total = log_sum_exp(terms);
            -(terms.iter())
                .map(|term| term.exp() * (term - total))
                .sum::<f64>()
        })
    }

    /// Integral over the image of a function of `ln (p_X(x) / |g'(x)|)` at the preimages `x`.
    fn over_image(&self, law: &Mixture, f: impl Fn(&[f64]) -> f64) -> Result<f64, Error> {
        let atoms = self.atoms(law)?;
        if let Some((place, mass)) = atoms.iter().find(|(_, mass)| *mass > 0.0) {
            return Err(Error::NonFiniteResult {
                what: format!("the entropy of a law with an atom of mass {mass} at {place}"),
                value: f64::NEG_INFINITY.to_string(),
            });
        }
        let components = LineComponent::of(law)?;
        let (breaks, width) = self.scales(&components, &[]);
        let value = integrate(breaks, width, |z| {
            let terms: Vec<f64> = (self.segments().iter())
                .filter_map(|segment| {
                    let x = segment.preimage(z)?;
                    let at: Vec<f64> = components.iter().map(|c| c.ln_density(x)).collect();
                    Some(log_sum_exp(&at) - segment.slope.abs().ln())
                })
                // A density that underflows counts for nothing here.
                .filter(|term| term.is_nan() || *term > -700.0)
                .collect();
            if terms.is_empty() { 0.0 } else { f(&terms) }
        })?;
        finite("an entropy on the line", value)
    }

    /// Information dimension of `g(X)`: the probability that `X` is where `g` is not flat. `I(X; g(X) +
    /// eps N)` grows by this times `ln 1/eps`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a law in more dimensions than one.
    ///
    /// # Source
    /// Renyi 1959, for laws that mix atoms and a density; Guo, Shamai & Verdu 2005 for the rate.
    pub fn information_dimension(&self, law: &Mixture) -> Result<f64, Error> {
        let components = LineComponent::of(law)?;
        let steep = self.segments().iter().filter(|s| s.slope.abs() > 0.0);
        Ok(steep.map(|segment| mass(segment, &components)).sum())
    }

    /// Entropy of `g(X) + epsilon N`, `N` standard normal, in nats.
    ///
    /// The density is closed: for a segment `a x + c` on `(s, t]` and a component `N(m, v)` it is
    /// `N(y; a m + c, a^2 v + epsilon^2) P(s < X <= t | y)`, and `X` given `y` is Gaussian. Its entropy
    /// is a quadrature with panels of half an `epsilon` around every edge and atom.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an `epsilon` that is not positive, or so small that the
    /// scales need more than 2^20 panels; [`Error::Mismatch`] for a law in more dimensions than one.
    pub fn noisy_entropy(&self, law: &Mixture, epsilon: f64) -> Result<f64, Error> {
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return Err(Error::invalid(
                "epsilon",
                epsilon,
                "the standard deviation of the noise is finite and positive",
            ));
        }
        let components = LineComponent::of(law)?;
        let mut width = f64::INFINITY;
        let mut breaks = Vec::new();
        let mut smeared = Vec::new();
        for segment in self.segments() {
            for component in &components {
                let spread = (segment.slope * component.std_dev).hypot(epsilon);
                let centre = segment.at(component.mean);
                breaks.extend([centre - REACH * spread, centre + REACH * spread]);
                if segment.slope.abs() > 0.0 {
                    width = width.min(0.5 * spread);
                }
                smeared.push(Smeared::new(segment, component, epsilon));
            }
            // The image of a flat segment is an atom, ends or not.
            let atom = (segment.slope == 0.0).then_some(segment.intercept);
            for edge in segment.image_ends().chain(atom) {
                for distance in NEAR_EDGE {
                    breaks.extend([edge - distance * epsilon, edge + distance * epsilon]);
                }
            }
        }
        let value = integrate(breaks, width, |y| {
            let density: f64 = smeared.iter().map(|part| part.density(y)).sum();
            // Below zero by rounding only.
            if density <= 0.0 {
                0.0
            } else {
                -density * density.ln()
            }
        })?;
        finite("the entropy of a noisy image", value)
    }

    /// `I(X; g(X) + epsilon N)` in nats: the entropy of the sum less that of the noise.
    ///
    /// # Errors
    /// As [`PiecewiseLine::noisy_entropy`].
    pub fn noisy_information(&self, law: &Mixture, epsilon: f64) -> Result<f64, Error> {
        let noise = 0.5 * (1.0 + TAU.ln()) + epsilon.ln();
        Ok(self.noisy_entropy(law, epsilon)? - noise)
    }
}

fn mass(segment: &LineSegment, components: &[LineComponent]) -> f64 {
    let masses = components.iter().map(|c| c.mass(segment.from, segment.to));
    masses.sum()
}

/// The image of a component on one segment, with noise.
struct Smeared {
    weight: f64,
    mean: f64,
    std_dev: f64,
    /// `E[X | y] = posterior_mean + gain (y - mean)`.
    posterior_mean: f64,
    gain: f64,
    posterior_std_dev: f64,
    from: f64,
    to: f64,
}

impl Smeared {
    fn new(segment: &LineSegment, component: &LineComponent, epsilon: f64) -> Self {
        let spread = (segment.slope * component.std_dev).hypot(epsilon);
        Self {
            weight: component.weight,
            mean: segment.at(component.mean),
            std_dev: spread,
            posterior_mean: component.mean,
            gain: segment.slope * (component.std_dev / spread).powi(2),
            posterior_std_dev: component.std_dev * (epsilon / spread),
            from: segment.from,
            to: segment.to,
        }
    }

    fn density(&self, y: f64) -> f64 {
        let xi = (y - self.mean) / self.std_dev;
        let centre = self.posterior_mean + self.gain * (y - self.mean);
        let place = |x: f64| (x - centre) / self.posterior_std_dev;
        let share = normal_mass(place(self.from), place(self.to));
        self.weight * share * (-0.5 * xi * xi).exp() / (self.std_dev * TAU.sqrt())
    }
}
