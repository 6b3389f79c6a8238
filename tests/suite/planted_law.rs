//! Faults planted in laws: each is caught by the named check.

use std::f64::consts::LN_2;

use nalgebra::{DMatrix, DVector};
use vicinfo::conformance;
use vicinfo::law::{Gaussian, JointGaussian, JointLaw, Law, Moments, StudentT, Truth};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use crate::conformance::{caught_by_name, none};

/// Ways to get a law of pairs wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum JointFault {
    None,
    Bits,
    OtherCorrelation,
    Entropies,
    NotPaired,
    HalvesExchanged,
    WrongScale,
    ForgottenMean,
    NotSymmetric,
    SeedIgnored,
    Fresh,
    OneMore,
    OneFewer,
    NotNested,
    Repeating,
    NotANumber,
    Negative,
    NoError,
    BoundsExchanged,
    OtherPointwise,
    PointwiseInBits,
    Unnormalised,
    NoPointwise,
    LargeFails,
}

/// Gaussian pairs in `R^dim x R^(dim + 1)`, of which two coordinates depend.
struct Joint {
    law: JointGaussian,
    other: JointGaussian,
    fault: JointFault,
}

impl Joint {
    fn new(dim: usize, fault: JointFault) -> Self {
        let law = |rho| JointGaussian::sparse(dim, dim + 1, &[rho]).unwrap();
        Self {
            law: law(0.8),
            other: law(0.6),
            fault,
        }
    }
}

fn exact(truth: Truth) -> f64 {
    match truth {
        Truth::Exact(value) => value,
        other => panic!("{other:?}"),
    }
}

/// A number that no two calls share.
fn fresh() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

fn repeated(sample: &Sample) -> Sample {
    let order: Vec<usize> = (0..sample.n()).map(|i| i - i % 2).collect();
    sample.select(&order).unwrap()
}

impl JointLaw for Joint {
    fn dims(&self) -> (usize, usize) {
        match self.fault {
            JointFault::HalvesExchanged => (self.law.dims().1, self.law.dims().0),
            _ => self.law.dims(),
        }
    }

    fn sample(&self, n: usize, seed: Seed) -> Paired {
        use JointFault as F;
        let law = &self.law;
        match self.fault {
            F::NotPaired => {
                let other = law.sample(n, seed.child("y"));
                Paired::new(law.sample(n, seed).x, other.y).unwrap()
            }
            F::SeedIgnored => law.sample(n, Seed::root(1)),
            F::Fresh => law.sample(n, seed.child(fresh())),
            F::OneMore => law.sample(n + 1, seed),
            F::OneFewer => law.sample((n - 1).max(1), seed),
            F::NotNested => law.sample(n, seed.child(n)),
            F::Repeating => {
                let pairs = law.sample(n, seed);
                Paired::new(repeated(&pairs.x), repeated(&pairs.y)).unwrap()
            }
            F::LargeFails => {
                assert!(n < 1025, "a block too many");
                law.sample(n, seed)
            }
            _ => law.sample(n, seed),
        }
    }

    fn information(&self) -> Truth {
        use JointFault as F;
        let value = exact(self.law.information());
        match self.fault {
            F::Bits => Truth::Exact(value / LN_2),
            F::OtherCorrelation => self.other.information(),
            F::Entropies => Truth::Exact(value + 0.5 * (1.0 + std::f64::consts::TAU.ln())),
            F::NotANumber => Truth::Exact(f64::NAN),
            F::Negative => Truth::Exact(-value),
            F::NoError => Truth::MonteCarlo {
                value,
                std_error: 0.0,
            },
            F::BoundsExchanged => Truth::Between {
                lower: value + 0.01,
                upper: value - 0.01,
            },
            _ => Truth::Exact(value),
        }
    }

    fn pointwise_information(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        use JointFault as F;
        let value = self.law.pointwise_information(x, y);
        match self.fault {
            F::OtherPointwise => self.other.pointwise_information(x, y),
            F::PointwiseInBits => value.map(|v| v / LN_2),
            // The right mean over pairs, as the added numbers have the mean 0.
            F::Unnormalised => value.map(|v| v + 0.8 * y[0].signum()),
            F::NoPointwise => None,
            _ => value,
        }
    }

    fn moments(&self) -> Option<Moments> {
        use JointFault as F;
        let mut moments = self.law.moments()?;
        match self.fault {
            F::WrongScale => moments.covariance *= 1.1,
            F::ForgottenMean => moments.mean[0] = 0.1,
            F::NotSymmetric => moments.covariance[(0, 1)] = 0.5,
            _ => {}
        }
        Some(moments)
    }
}

#[test]
fn faults_in_laws_of_pairs_are_caught_by_name() {
    use JointFault as F;
    caught_by_name(
        |fault| conformance::joint_law(&Joint::new(1, fault)),
        |fault, check| conformance::joint_law_check(&Joint::new(1, fault), check),
        F::None,
        [
            (F::Bits, "truth"),
            (F::Bits, "pointwise"),
            (F::OtherCorrelation, "truth"),
            (F::OtherCorrelation, "pointwise"),
            (F::Entropies, "truth"),
            (F::NotPaired, "paired"),
            (F::NotPaired, "truth"),
            (F::HalvesExchanged, "dims"),
            (F::WrongScale, "moments"),
            (F::ForgottenMean, "moments"),
            (F::NotSymmetric, "moments"),
            (F::SeedIgnored, "other_seed"),
            (F::Fresh, "same_seed"),
            (F::OneMore, "count"),
            (F::OneFewer, "count"),
            (F::NotNested, "nested"),
            (F::Repeating, "independent"),
            (F::NotANumber, "truth_form"),
            (F::Negative, "truth_form"),
            (F::NoError, "truth_form"),
            (F::BoundsExchanged, "truth_form"),
            (F::OtherPointwise, "pointwise"),
            (F::PointwiseInBits, "pointwise"),
            (F::Unnormalised, "normalised"),
            (F::LargeFails, "count"),
        ],
    );
}

/// In many dimensions nearest neighbours and correlations see nothing; the pointwise information does.
#[test]
fn faults_in_many_dimensions_are_caught_by_name() {
    use JointFault as F;
    caught_by_name(
        |fault| conformance::joint_law(&Joint::new(8, fault)),
        |fault, check| conformance::joint_law_check(&Joint::new(8, fault), check),
        F::None,
        [
            (F::Bits, "pointwise"),
            (F::OtherCorrelation, "pointwise"),
            (F::NotPaired, "pointwise"),
            (F::NotPaired, "paired"),
            (F::Unnormalised, "normalised"),
            (F::NoPointwise, "pointwise"),
        ],
    );
    // In few dimensions the estimates stand in for it.
    none(
        "not known",
        &conformance::joint_law(&Joint::new(1, F::NoPointwise)),
    );
}

/// Ways to get a law of points wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    Bits,
    WithoutDimension,
    OtherScale,
    Transposed,
    OtherMean,
    SeedIgnored,
    Fresh,
    OneMore,
    NotNested,
    Repeating,
    Infinite,
    BoundsExchanged,
    OtherDimension,
}

/// `N(0, A A^T)` with `A = [[1, 2], [0, 1]]`.
struct Points(Fault);

impl Points {
    fn law() -> Gaussian {
        let covariance = DMatrix::from_row_slice(2, 2, &[5.0, 2.0, 2.0, 1.0]);
        Gaussian::new(DVector::zeros(2), &covariance).unwrap()
    }
}

impl Law for Points {
    fn dim(&self) -> usize {
        if self.0 == Fault::OtherDimension {
            3
        } else {
            2
        }
    }

    fn sample(&self, n: usize, seed: Seed) -> Sample {
        let law = Self::law();
        match self.0 {
            Fault::SeedIgnored => law.sample(n, Seed::root(1)),
            Fault::Fresh => law.sample(n, seed.child(fresh())),
            Fault::OneMore => law.sample(n + 1, seed),
            Fault::NotNested => law.sample(n, seed.child(n)),
            Fault::Repeating => repeated(&law.sample(n, seed)),
            _ => law.sample(n, seed),
        }
    }

    fn entropy(&self) -> Truth {
        let value = exact(Self::law().entropy());
        match self.0 {
            Fault::Bits => Truth::Exact(value / LN_2),
            Fault::WithoutDimension => Truth::Exact(0.5 * value),
            Fault::OtherScale => Truth::Exact(value + 2.0 * LN_2),
            Fault::Infinite => Truth::Exact(f64::NEG_INFINITY),
            Fault::BoundsExchanged => Truth::Between {
                lower: value + 0.01,
                upper: value - 0.01,
            },
            _ => Truth::Exact(value),
        }
    }

    fn moments(&self) -> Option<Moments> {
        let mut moments = Self::law().moments()?;
        match self.0 {
            // A^T A has the determinant, and so the entropy, of A A^T.
            Fault::Transposed => moments.covariance.copy_from_slice(&[1.0, 2.0, 2.0, 5.0]),
            Fault::OtherMean => moments.mean[1] = 0.1,
            _ => {}
        }
        Some(moments)
    }
}

#[test]
fn faults_in_laws_of_points_are_caught_by_name() {
    caught_by_name(
        |fault| conformance::law(&Points(fault)),
        |fault, check| conformance::law_check(&Points(fault), check),
        Fault::None,
        [
            (Fault::Bits, "truth"),
            (Fault::WithoutDimension, "truth"),
            (Fault::OtherScale, "truth"),
            (Fault::Transposed, "moments"),
            (Fault::OtherMean, "moments"),
            (Fault::SeedIgnored, "other_seed"),
            (Fault::Fresh, "same_seed"),
            (Fault::OneMore, "count"),
            (Fault::NotNested, "nested"),
            (Fault::Repeating, "independent"),
            (Fault::Infinite, "truth_form"),
            (Fault::BoundsExchanged, "truth_form"),
            (Fault::OtherDimension, "dim"),
        ],
    );
    let failures = conformance::law(&Points(Fault::Transposed));
    assert_eq!(failures.len(), 1, "{failures:?}");
}

/// Heavy tails have no covariance below two degrees of freedom, and say so.
#[test]
fn infinite_moments_are_not_stated() {
    assert!(StudentT::standard(2, 2.0).unwrap().moments().is_none());
    let finite = StudentT::standard(2, 4.0).unwrap().moments().unwrap();
    assert!((finite.covariance - DMatrix::identity(2, 2) * 2.0).amax() < 1e-14);
}
