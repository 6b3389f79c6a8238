use super::Pushforward;
use crate::error::Error;
use crate::seed::Seed;
use crate::stats::Summary;

/// Bins along a coordinate, at most: a grid of 8 MiB.
const BINS: usize = 1024;

impl Pushforward<'_> {
    /// `P(Z in B) - P(Z^ in B)` for a set `B` chosen on other draws: its mean less the standard
    /// errors that one asks for is a certified lower bound of the total variation, for any network.
    ///
    /// The first half of the draws makes a grid over the first two coordinates of the output, with
    /// cells of equal shares along each, and takes for `B` the cells that hold more of `Z` than of
    /// `Z^`; the second half, in pairs of one coupling, gives mean and standard error. May be
    /// negative. Cost: two passes of `draws / 2` points.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two bins or more than 1024, a grid of which is kept;
    /// [`Error::TooFewPoints`] below four draws.
    pub fn separation(&self, bins: usize, draws: usize, seed: Seed) -> Result<Summary, Error> {
        if !(2..=BINS).contains(&bins) {
            let expected = format!("between 2 and {BINS} along each coordinate");
            return Err(Error::invalid("bins", bins, expected));
        }
        let half = draws / 2;
        if half < 2 {
            return Err(Error::TooFewPoints {
                method: "a separating set",
                required: 4,
                actual: draws,
            });
        }
        let axes = self.network.output().size().min(2);
        let pairs = |label: &str| {
            self.over_draws(half, seed.child(label), |draws| {
                let coupled = self.couple(draws)?;
                Ok((0..draws.index.len())
                    .map(|c| {
                        // Inside, both maps are one; rounding must not put them in two cells.
                        let other = if coupled.inside[c] {
                            &coupled.z
                        } else {
                            &coupled.affine
                        };
                        let head = |m: &nalgebra::DMatrix<f64>| {
                            std::array::from_fn(|k| if k < axes { m[(k, c)] } else { 0.0 })
                        };
                        (head(&coupled.z), head(other))
                    })
                    .collect::<Vec<([f64; 2], [f64; 2])>>())
            })
        };
        let training = pairs("training")?;
        let edges: [Vec<f64>; 2] = std::array::from_fn(|k| {
            let mut values: Vec<f64> = (training.iter()).flat_map(|(z, a)| [z[k], a[k]]).collect();
            values.sort_by(f64::total_cmp);
            (1..bins).map(|b| values[b * values.len() / bins]).collect()
        });
        let cell = |point: &[f64; 2]| {
            let place = |k: usize| edges[k].partition_point(|edge| *edge <= point[k]);
            place(0) * bins + place(1)
        };
        let mut excess = vec![0i64; bins * bins];
        for (z, affine) in &training {
            excess[cell(z)] += 1;
            excess[cell(affine)] -= 1;
        }
        let inside = |point: &[f64; 2]| if excess[cell(point)] > 0 { 1.0 } else { 0.0 };
        let differences: Vec<f64> = (pairs("test")?.iter())
            .map(|(z, affine)| inside(z) - inside(affine))
            .collect();
        Summary::new(&differences)
    }
}
