//! Faults planted in tests of normality: each is caught by the named check.

use nalgebra::DMatrix;
use statrs::distribution::{ContinuousCDF, LogNormal, Normal};
use vicinfo::Error;
use vicinfo::linalg::{Spd, covariance, mean};
use vicinfo::sample::Sample;
use vicinfo::stats::normality::{NormalityTest, Outcome, Tail};

use crate::normality_check::{caught, failures, golden};

/// Ways to get D'Agostino and Pearson's test wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum MomentFault {
    None,
    DivisorNMinusOne,
    NoAnscombeGlynn,
    KurtosisNotMinusThree,
    ExcessForKurtosis,
    SkewnessNotTransformed,
    NotCentred,
    OneDegreeOfFreedom,
    Cdf,
    EffectSize,
}

struct Moments(MomentFault);

impl NormalityTest for Moments {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        use MomentFault as F;
        let n = sample.n() as f64;
        let centre = if self.0 == F::NotCentred {
            0.0
        } else {
            mean(sample)[0]
        };
        let moment = |k| {
            sample
                .coordinate(0)
                .map(|v| (v - centre).powi(k))
                .sum::<f64>()
                / n
        };
        let mut variance = moment(2);
        if self.0 == F::DivisorNMinusOne {
            variance *= n / (n - 1.0);
        }
        let skewness = moment(3) / variance.powf(1.5);
        let kurtosis = moment(4) / (variance * variance);
        let y = skewness * ((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0))).sqrt();
        let beta = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
            / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
        let w = (2.0 * (beta - 1.0)).sqrt() - 1.0;
        let z_skewness = if self.0 == F::SkewnessNotTransformed {
            y
        } else {
            (y / (2.0 / (w - 1.0)).sqrt()).asinh() / (0.5 * w.ln()).sqrt()
        };
        let expected = match self.0 {
            F::KurtosisNotMinusThree => 0.0,
            _ => 3.0 * (n - 1.0) / (n + 1.0),
        };
        let kurtosis = match self.0 {
            F::ExcessForKurtosis => kurtosis - 3.0,
            _ => kurtosis,
        };
        let variance =
            24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
        let x = (kurtosis - expected) / variance.sqrt();
        let s = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
            * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
        let a = 6.0 + 8.0 / s * (2.0 / s + (1.0 + 4.0 / (s * s)).sqrt());
        let root = ((1.0 - 2.0 / a) / (1.0 + x * (2.0 / (a - 4.0)).sqrt())).cbrt();
        let z_kurtosis = match self.0 {
            F::NoAnscombeGlynn => x,
            _ => (1.0 - 2.0 / (9.0 * a) - root) / (2.0 / (9.0 * a)).sqrt(),
        };
        let statistic = z_skewness * z_skewness + z_kurtosis * z_kurtosis;
        Ok(Outcome {
            statistic,
            p_value: match self.0 {
                F::OneDegreeOfFreedom => 2.0 * Normal::standard().sf(statistic.sqrt()),
                F::Cdf => -(-statistic / 2.0).exp_m1(),
                F::EffectSize => (-statistic / (2.0 * n)).exp(),
                _ => (-statistic / 2.0).exp(),
            },
        })
    }
}

#[test]
fn faults_in_moment_tests_are_caught_by_name() {
    use MomentFault as F;
    let failed = |fault| failures(&Moments(fault), 1, &golden("dagostino_pearson"), 1e-11);
    assert_eq!(failed(F::None), [""; 0]);
    for (fault, check) in [
        (F::DivisorNMinusOne, "golden_statistic"),
        (F::NoAnscombeGlynn, "golden_statistic"),
        (F::KurtosisNotMinusThree, "size"),
        (F::ExcessForKurtosis, "size"),
        (F::SkewnessNotTransformed, "golden_statistic"),
        (F::NotCentred, "affine_invariance"),
        (F::OneDegreeOfFreedom, "size"),
        (F::Cdf, "exponential_rejected"),
        (F::EffectSize, "size"),
    ] {
        caught(&format!("{fault:?}"), check, &failed(fault));
    }
}

/// Ways to get Henze and Zirkler's test wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DistanceFault {
    None,
    BandwidthExponent,
    BandwidthOne,
    DivisorNMinusOne,
    DiagonalCovariance,
    PairsOnce,
    NormalTail,
}

struct Distance(DistanceFault);

impl NormalityTest for Distance {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn tail(&self) -> Tail {
        Tail::Upper
    }

    fn test(&self, sample: &Sample) -> Result<Outcome, Error> {
        use DistanceFault as F;
        let (n, dim) = (sample.n(), sample.dim());
        let (size, d) = (n as f64, dim as f64);
        let mut spread = covariance(sample)?;
        if self.0 != F::DivisorNMinusOne {
            spread *= (size - 1.0) / size;
        }
        if self.0 == F::DiagonalCovariance {
            spread = DMatrix::from_diagonal(&spread.diagonal());
        }
        let origin = mean(sample);
        let centred = sample.map(dim, |x, y| {
            y.iter_mut()
                .zip(x)
                .zip(&origin)
                .for_each(|((y, x), o)| *y = x - o);
        })?;
        let points = Spd::new(&spread)?.whiten(centred.matrix());
        let exponent = match self.0 {
            F::BandwidthExponent => 1.0 / (d + 2.0),
            F::BandwidthOne => 0.0,
            _ => 1.0 / (d + 4.0),
        };
        let b2 = (size * (2.0 * d + 1.0) / 4.0).powf(exponent).powi(2) / 2.0;
        let (mut pairs, mut singles) = (0.0, 0.0);
        for (j, y) in points.column_iter().enumerate() {
            singles += (-0.5 * b2 / (1.0 + b2) * y.norm_squared()).exp();
            for (k, other) in points.column_iter().enumerate() {
                if self.0 != F::PairsOnce || k <= j {
                    pairs += (-0.5 * b2 * (y - other).norm_squared()).exp();
                }
            }
        }
        let power = |base: f64, exponent: f64| base.powf(-exponent);
        let statistic = pairs / size - 2.0 * power(1.0 + b2, d / 2.0) * singles
            + size * power(1.0 + 2.0 * b2, d / 2.0);
        let (a, w) = (1.0 + 2.0 * b2, (1.0 + b2) * (1.0 + 3.0 * b2));
        let e = d * (d + 2.0);
        let mean = 1.0 - power(a, d / 2.0) * (1.0 + d * b2 / a + e * b2 * b2 / (2.0 * a * a));
        let variance = 2.0 * power(1.0 + 4.0 * b2, d / 2.0)
            + 2.0
                * power(a, d)
                * (1.0 + 2.0 * d * b2.powi(2) / a.powi(2) + 0.75 * e * b2.powi(4) / a.powi(4))
            - 4.0
                * power(w, d / 2.0)
                * (1.0 + 1.5 * d * b2.powi(2) / w + 0.5 * e * b2.powi(4) / w.powi(2));
        let ln_variance = (1.0 + variance / (mean * mean)).ln();
        let ln_mean = mean.ln() - ln_variance / 2.0;
        Ok(Outcome {
            statistic,
            p_value: match self.0 {
                F::NormalTail => Normal::new(mean, variance.sqrt()).unwrap().sf(statistic),
                _ => LogNormal::new(ln_mean, ln_variance.sqrt())
                    .unwrap()
                    .sf(statistic),
            },
        })
    }
}

#[test]
fn faults_in_distance_tests_are_caught_by_name() {
    use DistanceFault as F;
    let values = || {
        golden("henze_zirkler")
            .into_iter()
            .take(3)
            .collect::<Vec<_>>()
    };
    // The tails of statrs are right to 1e-9.
    let failed = |fault| failures(&Distance(fault), 3, &values(), 1e-8);
    assert_eq!(failed(F::None), [""; 0]);
    for (fault, check) in [
        (F::BandwidthExponent, "golden_statistic"),
        (F::BandwidthOne, "golden_statistic"),
        (F::DivisorNMinusOne, "golden_statistic"),
        (F::DiagonalCovariance, "affine_invariance"),
        (F::PairsOnce, "exponential_rejected"),
        (F::NormalTail, "golden_p_value"),
    ] {
        caught(&format!("{fault:?}"), check, &failed(fault));
    }
}
