//! Faults planted in estimators of information: each is caught by the named check.

use statrs::function::gamma::digamma;
use vicinfo::Error;
use vicinfo::conformance;
use vicinfo::entropy::{Promises, Side};
use vicinfo::information::{self, CoordinateMaps, InformationEstimator, Takes};
use vicinfo::sample::{Paired, Sample};

use crate::conformance::{caught, caught_by_name, none};

/// Ways to get KSG-1 wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KsgFault {
    None,
    BitsForNats,
    ClippedAtZero,
    NotStrict,
    WithoutItself,
    EuclideanJoint,
    FixedNoise,
    OneSided,
}

/// Brute-force KSG-1, k = 3.
struct Ksg(KsgFault);

impl InformationEstimator for Ksg {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        Promises {
            translation: true,
            scaling: true,
            rotation: false,
            unbiased_on_gaussian: false,
            side: Side::Consistent,
        }
    }

    fn unbiased_when_independent(&self) -> bool {
        true
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        use KsgFault as F;
        let (n, k) = (pairs.n(), 3);
        if n <= k {
            return Err(Error::TooFewPoints {
                method: "this",
                required: k + 1,
                actual: n,
            });
        }
        let max_norm = |a: &[f64], b: &[f64]| {
            a.iter()
                .zip(b)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max)
        };
        let mut total = 0.0;
        let (mut apart, mut sorted) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for i in 0..n {
            let distance = |j: usize| {
                (
                    max_norm(pairs.x.point(i), pairs.x.point(j)),
                    max_norm(pairs.y.point(i), pairs.y.point(j)),
                )
            };
            apart.clear();
            apart.extend((0..n).filter(|j| *j != i).map(distance));
            let joint = |(x, y): &(f64, f64)| match self.0 {
                F::EuclideanJoint => x.hypot(*y),
                _ => x.max(*y),
            };
            sorted.clear();
            sorted.extend(apart.iter().map(joint));
            let mut radius = *sorted.select_nth_unstable_by(k - 1, f64::total_cmp).1;
            if self.0 == F::FixedNoise {
                radius += 1e-4;
            }
            let inside = |distance: f64| match self.0 {
                F::NotStrict => distance <= radius,
                _ => distance < radius,
            };
            let count = |side: fn(&(f64, f64)) -> f64| {
                apart.iter().filter(|pair| inside(side(pair))).count()
            };
            let (nx, ny) = (count(|pair| pair.0), count(|pair| pair.1));
            let (more_x, more_y) = match self.0 {
                // The point itself is not counted: a digamma at 0 is refused by taking 1.
                F::WithoutItself => (usize::from(nx == 0), usize::from(ny == 0)),
                F::OneSided => (1, 2),
                _ => (1, 1),
            };
            total += digamma((nx + more_x) as f64) + digamma((ny + more_y) as f64);
        }
        let value = digamma(k as f64) + digamma(n as f64) - total / n as f64;
        Ok(match self.0 {
            F::BitsForNats => value / std::f64::consts::LN_2,
            F::ClippedAtZero => value.max(0.0),
            _ => value,
        })
    }
}

#[test]
fn faults_in_ksg_are_caught_by_name() {
    use KsgFault as F;
    caught_by_name(
        |fault| conformance::information(&Ksg(fault)),
        |fault, check| conformance::information_check(&Ksg(fault), check),
        F::None,
        [
            (F::BitsForNats, "gaussian_truth"),
            (F::ClippedAtZero, "not_clipped"),
            (F::NotStrict, "few_independent"),
            (F::WithoutItself, "few_independent"),
            (F::EuclideanJoint, "independent"),
            (F::FixedNoise, "scaling_down"),
            (F::OneSided, "symmetry"),
        ],
    );
}

/// Promises the truth of every law, and sees linear dependence only.
struct LinearOnly;

impl InformationEstimator for LinearOnly {
    fn name(&self) -> String {
        "linear_only".into()
    }

    fn promises(&self) -> Promises {
        Promises {
            side: Side::Consistent,
            ..information::Gaussian::default().promises()
        }
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        information::Gaussian::default().information(pairs)
    }
}

#[test]
fn blindness_to_nonlinear_dependence_is_caught() {
    let failures = conformance::information(&LinearOnly);
    caught("linear dependence only", "wrapped_truth", &failures);
    assert_eq!(failures.len(), 1, "{failures:?}");
}

/// KSG-1 moved to one side by a constant: a bound with a gap.
struct Loose {
    inner: Box<dyn InformationEstimator>,
    gap: f64,
    side: Side,
}

impl InformationEstimator for Loose {
    fn name(&self) -> String {
        format!("loose({})", self.gap)
    }

    fn promises(&self) -> Promises {
        Promises {
            side: self.side,
            ..self.inner.promises()
        }
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        Ok(self.inner.information(pairs)? + self.gap)
    }
}

#[test]
fn a_bound_is_held_to_its_own_side_only() {
    for (gap, side, wrong) in [
        (0.3, Side::Above, Side::Below),
        (-0.3, Side::Below, Side::Above),
    ] {
        let loose = |side| Loose {
            inner: information::parse("ksg1(k=3)").unwrap(),
            gap,
            side,
        };
        none("a loose bound", &conformance::information(&loose(side)));
        let failures = conformance::information(&loose(wrong));
        for check in ["gaussian_truth", "wrapped_truth", "independent"] {
            caught("the other side", check, &failures);
        }
    }
}

fn max_norm(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

/// Distances of the halves from pair `i` to all others, the `k` nearest in front and in order.
fn others(pairs: &Paired, i: usize, k: usize) -> Vec<(f64, f64)> {
    let mut others: Vec<(f64, f64)> = (0..pairs.n())
        .filter(|j| *j != i)
        .map(|j| {
            (
                max_norm(pairs.x.point(i), pairs.x.point(j)),
                max_norm(pairs.y.point(i), pairs.y.point(j)),
            )
        })
        .collect();
    let order = |a: &(f64, f64), b: &(f64, f64)| a.0.max(a.1).total_cmp(&b.0.max(b.1));
    others.select_nth_unstable_by(k - 1, order);
    others[..k].sort_by(order);
    others
}

fn require(n: usize, k: usize) -> Result<(), Error> {
    if n > k {
        return Ok(());
    }
    Err(Error::TooFewPoints {
        method: "this",
        required: k + 1,
        actual: n,
    })
}

fn neighbour_promises() -> Promises {
    information::parse("ksg1(k=3)").unwrap().promises()
}

/// What is widely computed as the second form of KSG: one radius for both halves, and every point
/// counts itself.
pub fn infomeasure_variant(pairs: &Paired, k: usize) -> f64 {
    second_form(pairs, k, SecondFault::SharedRadius)
}

/// Ways to get the second form of KSG wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SecondFault {
    None,
    SharedRadius,
    WithoutInverse,
}

fn second_form(pairs: &Paired, k: usize, fault: SecondFault) -> f64 {
    use SecondFault as F;
    let n = pairs.n();
    let mut total = 0.0;
    for i in 0..n {
        let others = others(pairs, i, k);
        let extent = others[..k]
            .iter()
            .fold((0.0_f64, 0.0_f64), |e, d| (e.0.max(d.0), e.1.max(d.1)));
        let (of_x, of_y) = match fault {
            F::SharedRadius => (extent.0.max(extent.1), extent.0.max(extent.1)),
            _ => extent,
        };
        let count = |side: fn(&(f64, f64)) -> f64, extent: f64| {
            let within = |d: &&(f64, f64)| side(d) <= extent;
            let count = others.iter().filter(within).count();
            // Digamma at 0 is refused by taking 1.
            (count + usize::from(fault == F::SharedRadius)).max(1) as f64
        };
        total += digamma(count(|d| d.0, of_x)) + digamma(count(|d| d.1, of_y));
    }
    let inverse = match fault {
        F::WithoutInverse => 0.0,
        _ => 1.0 / k as f64,
    };
    digamma(k as f64) - inverse + digamma(n as f64) - total / n as f64
}

/// Brute-force second form of KSG, k = 3; ties are refused as by ours.
struct Second(SecondFault);

impl InformationEstimator for Second {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        neighbour_promises()
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        require(pairs.n(), 3)?;
        if self.0 == SecondFault::None {
            information::parse("ksg2(k=3)")
                .unwrap()
                .information(pairs)?;
        }
        Ok(second_form(pairs, 3, self.0))
    }
}

#[test]
#[ignore = "slow statistics: brute force in several dimensions"]
fn faults_in_the_second_form_of_ksg_are_caught_by_name() {
    use SecondFault as F;
    caught_by_name(
        |fault| conformance::information(&Second(fault)),
        |fault, check| conformance::information_check(&Second(fault), check),
        F::None,
        [
            (F::SharedRadius, "independent"),
            (F::WithoutInverse, "gaussian_truth"),
        ],
    );
}

/// Takes the lowest index among neighbours at one distance, and says nothing.
#[test]
fn a_silent_choice_among_ties_is_caught() {
    let silent = information::parse("ksg2(k=3,ties=count)").unwrap();
    caught(
        "ties by index",
        "permutation_of_ties",
        &conformance::information(&*silent),
    );
}

/// Ways to get ranks wrong, before the Gaussian estimate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RankFault {
    None,
    TiesByIndex,
    OverN,
    NotRanked,
}

struct Ranks(RankFault);

impl Ranks {
    fn scores(&self, half: &Sample) -> Result<Sample, Error> {
        use statrs::distribution::{ContinuousCDF, Normal};
        let (n, dim) = (half.n(), half.dim());
        let mut scores = vec![0.0; n * dim];
        let over = match self.0 {
            RankFault::OverN => n as f64,
            _ => n as f64 + 1.0,
        };
        for j in 0..dim {
            let value = |i: usize| half.point(i)[j];
            for i in 0..n {
                let below = (0..n).filter(|&o| value(o) < value(i)).count();
                let rank = if self.0 == RankFault::TiesByIndex {
                    below + 1 + (0..i).filter(|&o| value(o) == value(i)).count()
                } else {
                    below + 1
                } as f64;
                let alike = (0..n).filter(|&o| value(o) == value(i)).count() as f64;
                let shared = match self.0 {
                    RankFault::TiesByIndex => 0.0,
                    _ => (alike - 1.0) / 2.0,
                };
                scores[i * dim + j] = match self.0 {
                    RankFault::NotRanked => value(i),
                    _ => Normal::standard().inverse_cdf((rank + shared) / over),
                };
            }
        }
        Sample::from_points(dim, scores)
    }
}

impl InformationEstimator for Ranks {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        information::GaussianCopula::default().promises()
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        CoordinateMaps::Monotone
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let pairs = Paired::new(self.scores(&pairs.x)?, self.scores(&pairs.y)?)?;
        information::Gaussian::default().information(&pairs)
    }
}

#[test]
fn faults_in_ranks_are_caught_by_name() {
    use RankFault as F;
    caught_by_name(
        |fault| conformance::information(&Ranks(fault)),
        |fault, check| conformance::information_check(&Ranks(fault), check),
        F::None,
        [
            (F::TiesByIndex, "permutation_of_ties"),
            (F::OverN, "gaussian_truth"),
            (F::NotRanked, "monotone_maps"),
        ],
    );
}

/// Promises units of their own for all coordinates, and brings none to a scale.
struct Unscaled;

impl InformationEstimator for Unscaled {
    fn name(&self) -> String {
        "unscaled".into()
    }

    fn promises(&self) -> Promises {
        neighbour_promises()
    }

    fn coordinate_maps(&self) -> CoordinateMaps {
        CoordinateMaps::Affine
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        information::parse("ksg1(k=3)").unwrap().information(pairs)
    }
}

#[test]
fn raw_units_are_caught() {
    let failures = conformance::information(&Unscaled);
    caught("raw units", "own_units", &failures);
    assert_eq!(failures.len(), 1, "{failures:?}");
}

/// Ways to get the estimate for letters and points wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LetterFault {
    None,
    WithoutLetterCounts,
    WithoutItself,
    CountsOfTheLetter,
}

/// Brute force, k = 3, the half of fewer distinct first coordinates holds the letters.
struct Letters(LetterFault);

impl InformationEstimator for Letters {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        information::parse("ross(k=3)").unwrap().promises()
    }

    fn takes(&self) -> Takes {
        Takes::LettersAndDensity
    }

    fn unbiased_when_independent(&self) -> bool {
        true
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        use LetterFault as F;
        let n = pairs.n();
        require(n, 3)?;
        // Refuse what ours refuses.
        information::parse("ross(k=3)")
            .unwrap()
            .information(pairs)?;
        let repeats = |half: &Sample| (1..n).any(|j| half.point(0) == half.point(j));
        let (letters, points) = if repeats(&pairs.x) {
            (&pairs.x, &pairs.y)
        } else {
            (&pairs.y, &pairs.x)
        };
        let distance = |i: usize, j: usize| {
            let squares = points.point(i).iter().zip(points.point(j));
            squares.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        };
        let mut total = 0.0;
        for i in 0..n {
            let same: Vec<usize> = (0..n)
                .filter(|&j| letters.point(i) == letters.point(j))
                .collect();
            let mut own: Vec<f64> = same
                .iter()
                .filter(|j| **j != i)
                .map(|&j| distance(i, j))
                .collect();
            own.sort_by(f64::total_cmp);
            let k = own.len().min(3);
            let radius = own[k - 1];
            let pool: Vec<usize> = match self.0 {
                F::CountsOfTheLetter => same.clone(),
                _ => (0..n).collect(),
            };
            let within = pool
                .iter()
                .filter(|j| **j != i && distance(i, **j) < radius)
                .count();
            let itself = usize::from(self.0 != F::WithoutItself || within == 0);
            let letter = match self.0 {
                F::WithoutLetterCounts => digamma(n as f64 / 3.0),
                _ => digamma(same.len() as f64),
            };
            total += digamma(k as f64) - letter - digamma((within + itself) as f64);
        }
        Ok(digamma(n as f64) + total / n as f64)
    }
}

#[test]
fn faults_in_letters_are_caught_by_name() {
    use LetterFault as F;
    caught_by_name(
        |fault| conformance::information(&Letters(fault)),
        |fault, check| conformance::information_check(&Letters(fault), check),
        F::None,
        [
            (F::WithoutLetterCounts, "letters_truth"),
            (F::WithoutItself, "few_independent"),
            (F::CountsOfTheLetter, "independent"),
        ],
    );
}

/// Ways to get the estimate for mixtures wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum MixtureFault {
    None,
    OrderAmongTies,
    NobodyWithinZero,
    PublishedLogarithm,
}

/// Brute force, k = 3.
struct Mixture(MixtureFault);

impl InformationEstimator for Mixture {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    fn promises(&self) -> Promises {
        neighbour_promises()
    }

    fn takes(&self) -> Takes {
        Takes::Anything
    }

    fn unbiased_when_independent(&self) -> bool {
        true
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        use MixtureFault as F;
        let n = pairs.n();
        require(n, 3)?;
        let mut total = 0.0;
        for i in 0..n {
            let others = others(pairs, i, 3);
            let radius = others[2].0.max(others[2].1);
            let apart = radius > 0.0 || self.0 == F::NobodyWithinZero;
            let inside = |d: f64| if apart { d < radius } else { d <= 0.0 };
            let count = |side: fn(&(f64, f64)) -> f64| {
                others.iter().filter(|d| inside(side(d))).count() as f64 + 1.0
            };
            let order = if apart || self.0 == F::OrderAmongTies {
                3.0
            } else {
                count(|d| d.0.max(d.1))
            };
            total += digamma(order) - digamma(count(|d| d.0)) - digamma(count(|d| d.1));
        }
        let whole = match self.0 {
            F::PublishedLogarithm => (n as f64).ln(),
            _ => digamma(n as f64),
        };
        Ok(whole + total / n as f64)
    }
}

#[test]
fn faults_in_mixtures_are_caught_by_name() {
    use MixtureFault as F;
    caught_by_name(
        |fault| conformance::information(&Mixture(fault)),
        |fault, check| conformance::information_check(&Mixture(fault), check),
        F::None,
        [
            (F::OrderAmongTies, "two_letters_truth"),
            (F::NobodyWithinZero, "mixture_truth"),
            (F::PublishedLogarithm, "few_independent"),
        ],
    );
}

/// Counts in ten bins with the correction on the wrong side.
struct WrongSign;

impl InformationEstimator for WrongSign {
    fn name(&self) -> String {
        "wrong_sign".into()
    }

    fn promises(&self) -> Promises {
        information::parse("binned").unwrap().promises()
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let value = |correction| {
            information::parse(&format!("binned(bins=10,correction={correction})"))
                .unwrap()
                .information(pairs)
        };
        let (plain, corrected) = (value("none")?, value("miller_madow")?);
        Ok(plain + (plain - corrected))
    }
}

#[test]
fn a_correction_of_the_wrong_sign_is_caught() {
    caught(
        "Miller-Madow added",
        "independent",
        &conformance::information(&WrongSign),
    );
}

/// KSG-1 and a constant for every pair of coordinates that could be there and is not.
struct Inflated;

impl InformationEstimator for Inflated {
    fn name(&self) -> String {
        "inflated".into()
    }

    fn promises(&self) -> Promises {
        neighbour_promises()
    }

    fn information(&self, pairs: &Paired) -> Result<f64, Error> {
        let value = information::parse("ksg1(k=3)")
            .unwrap()
            .information(pairs)?;
        let (dim_x, dim_y) = pairs.dims();
        // More coordinates, less information: dropping one seems to add some.
        Ok(value + 0.3 * (4.0 - (dim_x * dim_y) as f64))
    }
}

#[test]
fn processing_that_adds_information_is_caught() {
    let failures = conformance::information(&Inflated);
    caught("inflated", "data_processing", &failures);
    caught("inflated", "independent_blocks", &failures);
}
