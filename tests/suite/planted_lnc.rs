//! Faults planted in the correction for local geometry: each is caught by the named check. And what
//! saturates, and says that it does not.

use nalgebra::DMatrix;
use rand::RngExt;
use vicinfo::Error;
use vicinfo::conformance;
use vicinfo::entropy::Promises;
use vicinfo::information::{self, CoordinateMaps, InformationEstimator};
use vicinfo::linalg::{covariance, symmetric_eigen};
use vicinfo::neighbour::{Neighbours, Norm};
use vicinfo::sample::Paired;
use vicinfo::seed::Seed;

use crate::conformance::{caught, caught_by_name};

/// Ways to get the correction wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LncFault {
    None,
    NeverApplied,
    OtherSideOfTheThreshold,
    WrongSign,
    HalvesNotSubtracted,
    NeighboursOfTheNextPair,
    AboutTheMeanNeighbour,
    SpreadForExtent,
    AxesOfTheSample,
}

const K: usize = 5;

/// KSG-2 and a correction from its neighbours, k = 5, the uniform ones drawn.
struct Lnc(LncFault);

impl Lnc {
    /// Logarithm of the volume of the neighbours' own rectangle, its axes given or fitted.
    fn log_volume(&self, points: &DMatrix<f64>, axes: Option<&DMatrix<f64>>) -> f64 {
        if points.ncols() == 1 {
            return 0.0;
        }
        // A half whose neighbours are all at one place has no extent to be divided by.
        let Ok((squares, fitted)) = symmetric_eigen(&points.tr_mul(points)) else {
            return f64::NEG_INFINITY;
        };
        if self.0 == LncFault::SpreadForExtent {
            let spread = |square: &f64| 0.5 * (square / K as f64).ln();
            return squares.iter().map(spread).sum();
        }
        let axes = axes.unwrap_or(&fitted);
        let projections = points * axes;
        projections.column_iter().map(|c| c.amax().ln()).sum()
    }

    /// The volumes of the pairs and of the halves, relative to the extents along the axes.
    fn volumes(
        &self,
        points: &DMatrix<f64>,
        dim_x: usize,
        axes: Option<&DMatrix<f64>>,
    ) -> [f64; 3] {
        let dim = points.ncols();
        let mut points = points.clone();
        for (from, size) in [(0, dim_x), (dim_x, dim - dim_x)] {
            let extent = points.columns(from, size).amax();
            points.columns_mut(from, size).unscale_mut(extent);
        }
        if self.0 == LncFault::AboutTheMeanNeighbour {
            for mut column in points.column_iter_mut() {
                let mean = column.mean();
                column.add_scalar_mut(-mean);
            }
        }
        let half = |from, size| points.columns(from, size).into_owned();
        [
            self.log_volume(&points, axes),
            self.log_volume(&half(0, dim_x), None),
            self.log_volume(&half(dim_x, dim - dim_x), None),
        ]
    }

    fn correction(&self, volumes: &[f64; 3], thresholds: &[f64; 3]) -> f64 {
        use LncFault as F;
        let [joint, x, y] = [0, 1, 2].map(|part| {
            let below = volumes[part] < thresholds[part];
            let applied = match self.0 {
                F::NeverApplied => false,
                F::OtherSideOfTheThreshold => !below,
                _ => below,
            };
            if applied { volumes[part] } else { 0.0 }
        });
        match self.0 {
            F::HalvesNotSubtracted => joint,
            _ => joint - x - y,
        }
    }
}

impl InformationEstimator for Lnc {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        information::parse("lnc").unwrap().promises()
    }

    fn strong_dependence_error(&self) -> Option<f64> {
        information::parse("lnc").unwrap().strong_dependence_error()
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        use LncFault as F;
        // Refuses the ties that ours refuses.
        let plain = information::parse("ksg2(k=5)")
            .unwrap()
            .information(pairs)?;
        let (n, (dim_x, dim_y)) = (pairs.n(), pairs.dims());
        let dim = dim_x + dim_y;
        let mut rng = Seed::root(45).rng();
        let sets: Vec<[f64; 3]> = (0..2000)
            .flat_map(|_| {
                let set = DMatrix::from_fn(K, dim, |_, _| rng.random_range(-1.0..1.0));
                let [joint, x, y] = self.volumes(&set, dim_x, None);
                // Halves of one size have one threshold.
                let exchanged = (dim_x == dim_y).then_some([joint, y, x]);
                std::iter::once([joint, x, y]).chain(exchanged)
            })
            .collect();
        let thresholds = [0, 1, 2].map(|part| {
            let mut logs: Vec<f64> = sets.iter().map(|volumes| volumes[part]).collect();
            logs.sort_by(f64::total_cmp);
            logs[logs.len() / 200 - 1]
        });
        let mean = |corrections: &mut dyn Iterator<Item = f64>| {
            let all: Vec<f64> = corrections.collect();
            all.iter().sum::<f64>() / all.len() as f64
        };
        let uniform = mean(&mut sets.iter().map(|v| self.correction(v, &thresholds)));
        let joint = pairs.joint();
        let nearest = Neighbours::new(&joint, Norm::Max).nearest(K)?;
        let axes = symmetric_eigen(&covariance(&joint)?)?.1;
        let axes = (self.0 == F::AxesOfTheSample).then_some(&axes);
        let own = mean(&mut (0..n).map(|i| {
            let whose = match self.0 {
                F::NeighboursOfTheNextPair => (i + 1) % n,
                _ => i,
            };
            let points = DMatrix::from_fn(K, dim, |neighbour, j| {
                joint.point(nearest[whose][neighbour].point)[j] - joint.point(i)[j]
            });
            self.correction(&self.volumes(&points, dim_x, axes), &thresholds)
        }));
        let value = match self.0 {
            F::WrongSign => plain + own - uniform,
            _ => plain - own + uniform,
        };
        if value.is_finite() {
            return Ok(value);
        }
        // The neighbours of a pair lie in a flat.
        Err(Error::NonFiniteResult {
            what: self.name(),
            value: value.to_string(),
        })
    }
}

#[test]
#[ignore = "slow statistics: brute force in several dimensions"]
fn faults_in_local_geometry_are_caught_by_name() {
    use LncFault as F;
    caught_by_name(
        |fault| conformance::information(&Lnc(fault)),
        |fault, check| conformance::information_check(&Lnc(fault), check),
        F::None,
        [
            (F::NeverApplied, "strong_dependence"),
            (F::OtherSideOfTheThreshold, "strong_dependence"),
            (F::WrongSign, "strong_dependence"),
            (F::HalvesNotSubtracted, "strong_dependence"),
            (F::NeighboursOfTheNextPair, "strong_dependence"),
            (F::AboutTheMeanNeighbour, "strong_dependence"),
            (F::SpreadForExtent, "strong_dependence"),
            (F::AxesOfTheSample, "strong_dependence"),
        ],
    );
}

/// An estimator that declares an error of its own for strong dependence.
struct Declared(&'static str, f64);

impl InformationEstimator for Declared {
    fn name(&self) -> String {
        format!("{} declares {}", self.0, self.1)
    }

    fn promises(&self) -> Promises {
        information::parse(self.0).unwrap().promises()
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        information::parse(self.0).unwrap().coordinate_maps()
    }

    fn strong_dependence_error(&self) -> Option<f64> {
        Some(self.1)
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        information::parse(self.0).unwrap().information(pairs)
    }
}

/// The one failure of an estimator that declares this error.
fn only_failure(declared: &Declared) -> String {
    let failures = conformance::information(declared);
    caught(&declared.name(), "strong_dependence", &failures);
    assert_eq!(failures.len(), 1, "{}: {failures:?}", declared.name());
    failures[0].detail.clone()
}

/// Neighbours counted along the axes and ranks saturate, and do not declare that they do not.
#[test]
fn saturation_is_caught() {
    for (name, finding) in [
        ("ksg1(k=3)", "noise 1e-4: mean error -2."),
        ("three_entropies", "noise 1e-4: mean error -2."),
        ("gaussian_copula", "noise 1e-4: mean error -1."),
    ] {
        let honest = information::parse(name).unwrap();
        assert_eq!(honest.strong_dependence_error(), None, "{name}");
        let found = only_failure(&Declared(name, 0.5));
        assert!(found.contains(finding), "{name}: {found}");
    }
    // Axes that follow too few neighbours.
    let few = information::parse("lnc(k=4)").unwrap();
    assert_eq!(few.strong_dependence_error(), None);
    let failures = conformance::information(&Declared("lnc(k=4)", 0.3));
    let found = failures.iter().find(|f| f.check == "strong_dependence");
    let found = &found.unwrap().detail;
    assert!(found.contains("two near coordinates"), "{found}");
}

#[test]
fn an_error_is_not_declared_away() {
    for error in [3.0, -0.1, f64::NAN] {
        let found = only_failure(&Declared("gaussian", error));
        assert!(
            found.contains(&format!("an error of {error} nats is declared")),
            "{found}"
        );
    }
}
