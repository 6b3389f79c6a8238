//! Diagnostics against NumPy 2.4.6 and SciPy 1.17.1, and the identities that they obey.

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::StandardNormal;
use vicinfo::Error;
use vicinfo::diagnostic::{
    self, Diagnostic, EffectiveRank, LogDet, LogDetSlack, Part, ParticipationRatio, RankMe,
    RenyiMatrixEntropy, SlicedEppsPulley, Split, TotalCorrelation, VonNeumannEntropy,
};
use vicinfo::entropy::{self, EntropyEstimator, Gaussian};
use vicinfo::linalg::{
    Spd, covariance, mean, singular_values, svd, symmetric_eigen, symmetric_eigenvalues,
};
use vicinfo::neighbour::Norm;
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;
use vicinfo::stats::Summary;
use vicinfo::stats::normality::EppsPulley;

use crate::fixture::{self, Reference};
use crate::table::{mixed, near};

fn normal(dim: usize, n: usize, seed: Seed) -> Sample {
    let mut rng = seed.rng();
    Sample::new(DMatrix::from_fn(dim, n, |_, _| rng.sample(StandardNormal))).unwrap()
}

fn measure(name: &str, sample: &Sample) -> Result<f64, Error> {
    diagnostic::parse(name).unwrap().measure(sample)
}

fn defaults() -> impl Iterator<Item = Box<dyn Diagnostic>> {
    (diagnostic::ALL.iter())
        .flat_map(|entry| entry.defaults)
        .map(|name| diagnostic::parse(name).unwrap())
}

#[test]
fn names_read_back() {
    let mut count = 0;
    for entry in diagnostic::ALL {
        for name in entry.defaults {
            let diagnostic = diagnostic::parse(name).unwrap();
            assert_eq!(diagnostic.name(), *name);
            assert!(
                ["nats", "dimensions", "1"].contains(&diagnostic.unit()),
                "{name}"
            );
            count += 1;
        }
    }
    assert!(count >= 12);
    for (name, kind) in [
        ("rank", "UnknownName"),
        ("rankme(epsilon=1)", "UnknownName"),
        ("rankme(eps=1)", "InvalidParameter"),
        ("rankme(eps=-1e-9)", "InvalidParameter"),
        ("log_det(beta=0)", "InvalidParameter"),
        ("log_det(beta=inf)", "InvalidParameter"),
        ("renyi_matrix_entropy(alpha=0)", "InvalidParameter"),
        ("renyi_matrix_entropy(alpha=nan)", "InvalidParameter"),
        ("sliced_epps_pulley(slices=0)", "InvalidParameter"),
        ("sliced_epps_pulley(standardise=yes)", "InvalidParameter"),
        ("log_det_slack(part=rest)", "InvalidParameter"),
        ("log_det_slack(estimator=gaussian)", "InvalidParameter"),
        (
            "log_det_slack(estimator=kolchinsky_tracey)",
            "InvalidParameter",
        ),
    ] {
        let error = diagnostic::parse(name).err().unwrap();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[test]
fn spectra_agree_with_numpy_on_every_set() {
    let Some(fixtures) = fixture::all("spectra_agree_with_numpy_on_every_set") else {
        return;
    };
    let keys: [(&str, &dyn Diagnostic); 4] = [
        ("x_rankme_eps1e7", &RankMe::new(1e-7).unwrap()),
        ("x_effective_rank_sv", &EffectiveRank),
        ("x_participation_ratio_cov", &ParticipationRatio),
        ("x_vonneumann_entropy_cov", &VonNeumannEntropy),
    ];
    let mut compared = 0;
    for set in &fixtures {
        for (key, diagnostic) in keys {
            let Some(Reference::Number(expected)) = set.reference(key) else {
                panic!("{} has no number for {key}", set.id);
            };
            let value = diagnostic.measure(&set.pairs.x).unwrap();
            near(&format!("{} {key}", set.id), value, expected, 1e-8);
            compared += 1;
        }
    }
    assert_eq!(compared, 4 * fixtures.len());
}

/// ```python
/// for n, d in ((40, 3), (10, 25)):
///     x = mixed(n, d); S = np.cov(x.T)
///     print([.5*np.linalg.slogdet(np.eye(d) + b*S)[1] for b in (1, 7.5)])
///     l = np.linalg.eigvalsh(S); l = l[l > 1e-10]; p = l/l.sum()
///     print([np.log((p**a).sum())/(1 - a) for a in (.3, .999, 1.001, 2, 3, 40)])
///     print(-(p*np.log(p)).sum(), l.sum()**2/(l**2).sum())
///     s = np.linalg.svd(x, compute_uv=False); q = s/s.sum(); r = q + 1e-7
///     print(np.exp(-(q*np.log(q)).sum()), np.exp(-(r*np.log(r)).sum()))
/// print(-.5*np.linalg.slogdet(np.corrcoef(mixed(40, 3).T))[1])
/// ```
#[test]
fn values_agree_with_numpy() {
    const ALPHAS: [f64; 6] = [0.3, 0.999, 1.001, 2.0, 3.0, 40.0];
    for (n, dim, log_dets, entropies, [von_neumann, participation, effective, rankme]) in [
        (
            40,
            3,
            [1.1762527893291608, 3.132718028920074],
            [
                0.909975382513052,
                0.5852944861269245,
                0.5846287455336079,
                0.38115753556504794,
                0.3079540635354367,
                0.2124528364022997,
            ],
            [
                0.5849614432629447,
                1.463978215880033,
                1.8806082450162644,
                1.8806086012154433,
            ],
        ),
        (
            10,
            25,
            [6.396041871773284, 13.931166068788894],
            [
                1.9247534428614046,
                1.2832906097907995,
                1.2817337379540221,
                0.7919724207563471,
                0.6277360606610808,
                0.431314323523645,
            ],
            [
                1.2825118668898574,
                2.2077467400157356,
                4.3402514470008615,
                4.340260056283634,
            ],
        ),
    ] {
        let sample = mixed(n, dim);
        for (beta, expected) in [1.0, 7.5].into_iter().zip(log_dets) {
            let value = LogDet::new(beta).unwrap().measure(&sample).unwrap();
            near(&format!("log_det {beta}"), value, expected, 1e-12);
        }
        for (alpha, expected) in ALPHAS.into_iter().zip(entropies) {
            let value = RenyiMatrixEntropy::new(alpha)
                .unwrap()
                .measure(&sample)
                .unwrap();
            // The reference loses digits to 1 / (1 - alpha).
            near(
                &format!("alpha {alpha}"),
                value,
                expected,
                1e-12_f64.max(1e-15 / (1.0 - alpha).abs()),
            );
        }
        near(
            "von Neumann",
            VonNeumannEntropy.measure(&sample).unwrap(),
            von_neumann,
            1e-12,
        );
        near(
            "participation",
            ParticipationRatio.measure(&sample).unwrap(),
            participation,
            1e-12,
        );
        near(
            "effective",
            EffectiveRank.measure(&sample).unwrap(),
            effective,
            1e-12,
        );
        near(
            "rankme",
            RankMe::new(1e-7).unwrap().measure(&sample).unwrap(),
            rankme,
            1e-12,
        );
    }
    let value = TotalCorrelation.measure(&mixed(40, 3)).unwrap();
    near("total correlation", value, 0.8308418829079517, 1e-12);
}

#[test]
fn special_orders_of_renyi() {
    let sample = mixed(10, 25);
    let renyi = |alpha| {
        RenyiMatrixEntropy::new(alpha)
            .unwrap()
            .measure(&sample)
            .unwrap()
    };
    let von_neumann = VonNeumannEntropy.measure(&sample).unwrap();
    assert_eq!(renyi(1.0), von_neumann);
    for step in [1e-15, 1e-12, 1e-9] {
        near(
            "below 1",
            renyi(1.0 - step),
            von_neumann,
            3.0 * step + 1e-14,
        );
        near(
            "above 1",
            renyi(1.0 + step),
            von_neumann,
            3.0 * step + 1e-14,
        );
    }
    let ratio = ParticipationRatio.measure(&sample).unwrap();
    near("order 2", renyi(2.0), ratio.ln(), 1e-14);
    // The two forms of the sum meet where one takes over from the other.
    for alpha in [0.5_f64, 1.5] {
        near(
            "seam",
            renyi(alpha.next_down()),
            renyi(alpha.next_up()),
            1e-13,
        );
    }
}

#[test]
fn both_forms_of_the_log_determinant_agree() {
    for (n, dim) in [(10, 25), (2, 7), (24, 25), (25, 25)] {
        let sample = mixed(n, dim);
        for beta in [1e-3, 1.0, 1e3] {
            let full = DMatrix::identity(dim, dim) + covariance(&sample).unwrap() * beta;
            let expected = 0.5 * Spd::new(&full).unwrap().log_det();
            let value = LogDet::new(beta).unwrap().measure(&sample).unwrap();
            near(
                &format!("n = {n}, dim = {dim}, beta = {beta}"),
                value,
                expected,
                1e-12,
            );
        }
    }
}

#[test]
fn values_alone_are_those_of_the_decompositions() {
    let matrix = mixed(30, 8).matrix().clone();
    for matrix in [matrix.transpose(), matrix] {
        let (values, full) = (
            singular_values(&matrix).unwrap(),
            svd(&matrix).unwrap().values,
        );
        assert_eq!(values.len(), 8);
        for (value, full) in values.into_iter().zip(full) {
            near("singular value", value, full, 1e-13);
        }
    }
    let symmetric = covariance(&mixed(30, 8)).unwrap();
    let (values, full) = (
        symmetric_eigenvalues(&symmetric).unwrap(),
        symmetric_eigen(&symmetric).unwrap().0,
    );
    for (value, full) in values.into_iter().zip(full) {
        near("eigenvalue", value, full, 1e-13);
    }
    assert!(matches!(
        symmetric_eigenvalues(&DMatrix::zeros(2, 3)),
        Err(Error::Mismatch {
            expected: 2,
            actual: 3,
            ..
        })
    ));
    let spd = Spd::new(&symmetric).unwrap();
    let back = spd.lower().transpose() * spd.solve_transposed(&DMatrix::identity(8, 8));
    assert!((back - DMatrix::<f64>::identity(8, 8)).norm() < 1e-10);
}

#[test]
fn total_correlation_of_independent_coordinates_has_the_mean_it_says() {
    let values: Vec<f64> = (0..4000)
        .map(|replicate| {
            let sample = normal(4, 12, Seed::root(11).child(replicate));
            TotalCorrelation.measure(&sample).unwrap()
        })
        .collect();
    let summary = Summary::new(&values).unwrap();
    let expected = TotalCorrelation::null_mean(12, 4).unwrap();
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?} against {expected}"
    );
    assert!(expected > 0.25);
    assert!(
        !TotalCorrelation
            .warnings(&normal(4, 12, Seed::root(1)))
            .is_empty()
    );
}

#[test]
fn the_slack_splits_exactly() {
    // Uniform coordinates, mixed: correlated, and far from Gaussian.
    let mut rng = Seed::root(3).rng();
    let raw = DMatrix::from_fn(2, 4000, |_, _| rng.random_range(-1.0..1.0_f64));
    let turn = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 1.0, 0.5]);
    let sample = Sample::new(turn * raw).unwrap();
    let estimator = entropy::KozachenkoLeonenko::new(3, Norm::Euclidean).unwrap();
    let split = Split::new(&sample, &estimator).unwrap();
    near(
        "sum",
        split.slack(),
        split.off_diagonal + split.non_gaussianity,
        1e-14,
    );
    near(
        "parts",
        split.marginal - split.off_diagonal,
        Gaussian::default().entropy(&sample).unwrap(),
        1e-12,
    );
    assert_eq!(split.entropy, estimator.entropy(&sample).unwrap());
    // Cov = [[1, 1], [1, 1.25]] / 3, so that det R = 1 - 1/1.25; and ln(2 pi e / 12) of two uniforms.
    near(
        "off-diagonal",
        split.off_diagonal,
        -0.5 * 0.2_f64.ln(),
        0.05,
    );
    let per_coordinate = 0.5 * (std::f64::consts::TAU * std::f64::consts::E / 12.0).ln();
    near(
        "non-Gaussianity",
        split.non_gaussianity,
        2.0 * per_coordinate,
        0.1,
    );
    for (part, expected) in [
        (Part::Total, split.slack()),
        (Part::OffDiagonal, split.off_diagonal),
        (Part::NonGaussianity, split.non_gaussianity),
    ] {
        let diagnostic = LogDetSlack::new(part, Box::new(estimator)).unwrap();
        assert_eq!(
            diagnostic.measure(&sample),
            Ok(expected),
            "{}",
            diagnostic.name()
        );
    }
    assert!(matches!(
        Split::new(&sample, &Gaussian::default()),
        Err(Error::InvalidParameter { .. })
    ));
}

/// Counts its estimates, and fails where it is told to.
struct Counted {
    calls: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    fails: bool,
}

impl EntropyEstimator for Counted {
    fn name(&self) -> String {
        "counted()".into()
    }

    fn promises(&self) -> entropy::Promises {
        entropy::parse("kozachenko_leonenko").unwrap().promises()
    }

    fn entropy(&self, sample: &Sample) -> Result<f64, Error> {
        self.calls
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if self.fails {
            return Err(Error::Empty { n: 0, dim: 0 });
        }
        Gaussian::default().entropy(sample)
    }
}

#[test]
fn a_part_of_the_slack_computes_what_it_needs() {
    let sample = normal(3, 40, Seed::root(8));
    let of = |part, fails, sample: &Sample| {
        let calls = std::sync::Arc::default();
        let estimator = Counted {
            calls: std::sync::Arc::clone(&calls),
            fails,
        };
        let slack = LogDetSlack::new(part, Box::new(estimator)).unwrap();
        let value = slack.measure(sample);
        (value, calls.load(std::sync::atomic::Ordering::Relaxed))
    };
    for (part, estimates) in [
        (Part::Total, 1),
        (Part::OffDiagonal, 0),
        (Part::NonGaussianity, 1),
    ] {
        let (value, calls) = of(part, false, &sample);
        assert!(value.is_ok(), "{part:?}: {value:?}");
        assert_eq!(calls, estimates, "{part:?}");
        let (value, _) = of(part, true, &sample);
        assert_eq!(value.is_ok(), estimates == 0, "{part:?}: {value:?}");
    }
    // Points in a flat: no estimate makes the slack finite.
    let few = normal(3, 3, Seed::root(8));
    for part in [Part::Total, Part::OffDiagonal, Part::NonGaussianity] {
        assert!(matches!(
            of(part, false, &few),
            (
                Err(Error::TooFewPoints {
                    required: 4,
                    actual: 3,
                    ..
                }),
                0
            )
        ));
    }
}

/// In Python, with the hash written anew:
///
/// ```python
/// def mix(z):
///     M = (1 << 64) - 1
///     z = ((z + 1)*0x9e3779b97f4a7c15) & M
///     z = ((z ^ (z >> 30))*0xbf58476d1ce4e5b9) & M
///     z = ((z ^ (z >> 27))*0x94d049bb133111eb) & M
///     return z ^ (z >> 31)
/// u = np.array([[scipy.stats.norm.ppf(((mix(k*3 + c) >> 11) + .5)/2**53) for c in range(3)] for k in range(4)])
/// u /= np.linalg.norm(u, axis=1, keepdims=True)
/// def ep(y):
///     f = lambda t: abs(np.mean(np.exp(1j*t*y)) - np.exp(-t*t/2))**2*np.exp(-t*t/2)
///     return 2*sum(scipy.integrate.quad(f, a, a + 1, epsabs=1e-15, epsrel=1e-13, limit=400)[0] for a in range(10))
/// x = mixed(40, 3)
/// L = np.linalg.cholesky(np.cov(x.T)); z = np.linalg.solve(L, (x - x.mean(0)).T).T
/// y = mixed(40, 1)[:, 0]
/// print(u[0], np.mean([ep(x @ v) for v in u]), np.mean([ep(z @ v) for v in u]), ep(y), ep((y - y.mean())/y.std(ddof=1)))
/// ```
#[test]
fn epps_pulley_agrees_with_adaptive_quadrature() {
    let directions = SlicedEppsPulley::new(4, false).unwrap().directions(3);
    for (c, expected) in [0.5226959133321833, -0.0756543404032787, -0.8491557000715355]
        .into_iter()
        .enumerate()
    {
        near("direction", directions[(c, 0)], expected, 1e-10);
    }
    for (dim, standardise, expected) in [
        (3, false, 1.2758023538253283),
        (3, true, 0.010341835114507932),
        (1, false, 1.0461102235012791),
        (1, true, 0.0230035359874185),
    ] {
        let diagnostic = SlicedEppsPulley::new(4, standardise).unwrap();
        let value = diagnostic.measure(&mixed(40, dim)).unwrap();
        near(
            &format!("{} dim = {dim}", diagnostic.name()),
            value,
            expected,
            1e-10,
        );
    }
}

#[test]
fn epps_pulley_by_both_rules() {
    let mut rng = Seed::root(8).rng();
    for (n, scale, offset) in [
        (1, 0.0, 0.0),
        (1, 0.0, 3.0),
        (5, 1.0, 0.0),
        (300, 1.0, 0.0),
        (300, 30.0, 1000.0),
        (300, 1e-3, -40.0),
    ] {
        let values: Vec<f64> = (0..n)
            .map(|_| offset + scale * rng.sample::<f64, _>(StandardNormal))
            .collect();
        let (closed, sum) = (
            EppsPulley::closed_form(&values).unwrap(),
            EppsPulley::quadrature(&values).unwrap(),
        );
        near(
            &format!("n = {n}, scale = {scale}, offset = {offset}"),
            sum,
            closed,
            1e-13,
        );
    }
    // Points too far apart for a grid: the closed form, and its limit for isolated points.
    let far = Sample::from_points(1, vec![1e12, -3e12, 5e12, 8e12]).unwrap();
    let value = SlicedEppsPulley::new(1, false)
        .unwrap()
        .measure(&far)
        .unwrap();
    near(
        "far",
        value,
        std::f64::consts::TAU.sqrt() * (0.25 + 1.0 / 3.0_f64.sqrt()),
        1e-14,
    );
}

#[test]
fn epps_pulley_of_gaussian_points_has_the_mean_it_says() {
    let values: Vec<f64> = (0..2000)
        .map(|replicate| {
            let sample = normal(1, 50, Seed::root(12).child(replicate));
            SlicedEppsPulley::new(1, false)
                .unwrap()
                .measure(&sample)
                .unwrap()
        })
        .collect();
    let summary = Summary::new(&values).unwrap();
    let expected = std::f64::consts::TAU.sqrt() * (1.0 - 1.0 / 3.0_f64.sqrt()) / 50.0;
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?} against {expected}"
    );
}

/// Fitting mean and variance takes two thirds of it away.
#[test]
fn epps_pulley_of_standardised_gaussian_points_has_the_mean_it_says() {
    let estimator = SlicedEppsPulley::new(1, true).unwrap();
    let draw = |replicate| normal(1, 200, Seed::root(15).child(replicate));
    let values: Vec<f64> = (0..2000)
        .map(|replicate: usize| estimator.measure(&draw(replicate)).unwrap())
        .collect();
    let summary = Summary::new(&values).unwrap();
    let expected = std::f64::consts::TAU.sqrt() * (1.0 - 1.5 / 3.0_f64.sqrt()) / 200.0;
    assert!(
        (summary.mean - expected).abs() < 6.0 * summary.std_error,
        "{summary:?} against {expected}"
    );
    // Two numbers three apart: the test tells them from each other.
    let unfitted = std::f64::consts::TAU.sqrt() * (1.0 - 1.0 / 3.0_f64.sqrt()) / 200.0;
    assert!((summary.mean - unfitted).abs() > 20.0 * summary.std_error);
    let said = format!("{expected:.2e}");
    let warnings = estimator.warnings(&draw(0));
    assert!(warnings.iter().any(|w| w.contains(&said)), "{warnings:?}");
}

/// It sees the shape: uniform coordinates stand out, and more points do not blur them.
#[test]
fn epps_pulley_tells_shapes_apart() {
    let mut rng = Seed::root(13).rng();
    let cube = Sample::new(DMatrix::from_fn(2, 20_000, |_, _| {
        rng.random_range(-1.0..1.0)
    }))
    .unwrap();
    let gaussian = normal(2, 20_000, Seed::root(14));
    let distance = |sample: &Sample| measure("sliced_epps_pulley", sample).unwrap();
    assert!(distance(&cube) > 10.0 * distance(&gaussian));
    // Without standardising a shift counts, with it not.
    let shifted = gaussian
        .map(2, |x, y| {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = 2.0 * x + 1.0)
        })
        .unwrap();
    near(
        "standardised",
        distance(&shifted),
        distance(&gaussian),
        1e-10,
    );
    assert!(measure("sliced_epps_pulley(standardise=false)", &shifted).unwrap() > 0.1);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let sample = normal(6, 3000, Seed::root(15));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            defaults()
                .map(|diagnostic| diagnostic.measure(&sample).unwrap().to_bits())
                .collect::<Vec<u64>>()
        })
    };
    assert_eq!(on(1), on(2));
}

/// What every diagnostic says to samples without a spectrum, or with too little of one.
#[test]
fn degenerate_samples_are_defined_or_refused_by_name() {
    let one = Sample::from_points(3, vec![1.0, 2.0, 3.0]).unwrap();
    let constant = Sample::from_points(2, vec![0.1; 20]).unwrap();
    let zero = Sample::from_points(2, vec![0.0; 20]).unwrap();
    let wide = mixed(5, 9);
    let line = Sample::from_points(
        2,
        (0..20)
            .flat_map(|i| [f64::from(i), 2.0 * f64::from(i)])
            .collect(),
    )
    .unwrap();
    let kinds = |name: &str| {
        [&one, &constant, &zero, &wide, &line].map(|sample| match measure(name, sample) {
            Ok(value) => {
                assert!(value.is_finite());
                "Ok"
            }
            Err(error) => error.kind(),
        })
    };
    for (name, expected) in [
        ("rankme", ["Ok", "Ok", "NonFiniteResult", "Ok", "Ok"]),
        (
            "effective_rank",
            ["Ok", "Ok", "NonFiniteResult", "Ok", "Ok"],
        ),
        (
            "participation_ratio",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "Ok",
                "Ok",
            ],
        ),
        (
            "von_neumann_entropy",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "Ok",
                "Ok",
            ],
        ),
        (
            "renyi_matrix_entropy",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "Ok",
                "Ok",
            ],
        ),
        ("log_det", ["TooFewPoints", "Ok", "Ok", "Ok", "Ok"]),
        (
            "total_correlation",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "TooFewPoints",
                "SingularCovariance",
            ],
        ),
        (
            "log_det_slack",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "TooFewPoints",
                "SingularCovariance",
            ],
        ),
        (
            "sliced_epps_pulley",
            [
                "TooFewPoints",
                "SingularCovariance",
                "SingularCovariance",
                "TooFewPoints",
                "SingularCovariance",
            ],
        ),
        ("sliced_epps_pulley(standardise=false)", ["Ok"; 5]),
    ] {
        assert_eq!(kinds(name), expected, "{name}");
    }
    // Collapsed samples have the values that their spectrum says.
    near("one", measure("effective_rank", &one).unwrap(), 1.0, 1e-14);
    near(
        "constant",
        measure("effective_rank", &constant).unwrap(),
        1.0,
        1e-13,
    );
    near(
        "line",
        measure("effective_rank", &line).unwrap(),
        1.0,
        1e-13,
    );
    near(
        "line",
        measure("participation_ratio", &line).unwrap(),
        1.0,
        1e-14,
    );
    near(
        "line",
        measure("von_neumann_entropy", &line).unwrap(),
        0.0,
        1e-14,
    );
    near(
        "line",
        measure("renyi_matrix_entropy(alpha=0.01)", &line).unwrap(),
        0.0,
        1e-14,
    );
    assert_eq!(measure("log_det", &constant), Ok(0.0));
    let at_zero = std::f64::consts::TAU.sqrt() * (1.0 - 2.0_f64.sqrt() + 1.0 / 3.0_f64.sqrt());
    near(
        "zero",
        measure("sliced_epps_pulley(standardise=false)", &zero).unwrap(),
        at_zero,
        1e-13,
    );
    assert!(matches!(
        measure("participation_ratio", &constant),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 0,
            ..
        })
    ));
    assert!(matches!(
        measure("total_correlation", &line),
        Err(Error::SingularCovariance {
            dim: 2,
            coordinate: 1,
            ..
        })
    ));
    assert!(matches!(
        measure("total_correlation", &wide),
        Err(Error::TooFewPoints {
            required: 10,
            actual: 5,
            ..
        })
    ));
}

/// Squares beyond the doubles are refused; units that fit change nothing.
#[test]
fn extreme_units() {
    let sample = mixed(40, 3);
    let times = |factor: f64| {
        sample
            .map(3, |x, y| {
                y.iter_mut().zip(x).for_each(|(y, x)| *y = factor * x)
            })
            .unwrap()
    };
    for diagnostic in defaults() {
        let name = diagnostic.name();
        let scale_free =
            diagnostic.unit() == "dimensions" || name.contains("matrix") || name.contains("von");
        for factor in [1e-140, 1e140] {
            let value = diagnostic.measure(&times(factor));
            if scale_free {
                let expected = diagnostic.measure(&sample).unwrap();
                near(&name, value.clone().unwrap(), expected, 1e-12);
            }
            assert!(value.is_ok_and(f64::is_finite), "{name}");
        }
        if let Ok(value) = diagnostic.measure(&times(1e300)) {
            assert!(value.is_finite(), "{name}");
        }
    }
    for name in [
        "participation_ratio",
        "log_det",
        "total_correlation",
        "sliced_epps_pulley",
    ] {
        let value = measure(name, &times(1e300));
        assert!(
            matches!(value, Err(Error::NonFiniteResult { .. })),
            "{name}: {value:?}"
        );
    }
    let expected = measure("effective_rank", &sample).unwrap();
    for factor in [1e-290, 1e290] {
        near(
            "effective rank",
            measure("effective_rank", &times(factor)).unwrap(),
            expected,
            1e-12,
        );
    }
}

/// A sample of its own for every case: normal points, stretched and turned, so that spectra vary.
fn arbitrary() -> impl Strategy<Value = Sample> {
    (1_usize..7, 16_usize..40, any::<u64>()).prop_map(|(dim, n, seed)| {
        let mut rng = Seed::root(seed).child("stretch").rng();
        let stretch = DMatrix::from_fn(dim, dim, |i, j| {
            if i == j {
                rng.random_range(-2.0..2.0_f64).exp()
            } else {
                0.0
            }
        });
        let points = normal(dim, n, Seed::root(seed));
        Sample::new(orthogonal(dim, seed) * stretch * points.matrix()).unwrap()
    })
}

/// An orthogonal matrix.
fn orthogonal(dim: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = Seed::root(seed).child("rotation").rng();
    svd(&DMatrix::from_fn(dim, dim, |_, _| {
        rng.sample::<f64, _>(StandardNormal)
    }))
    .unwrap()
    .u
}

/// Points whose covariance is the identity, to rounding, with mean 0.
fn whitened(sample: &Sample) -> Sample {
    let mean = mean(sample);
    let centred = sample
        .map(sample.dim(), |x, y| {
            y.iter_mut()
                .zip(x)
                .zip(&mean)
                .for_each(|((y, x), m)| *y = x - m)
        })
        .unwrap();
    Sample::new(
        Spd::new(&covariance(sample).unwrap())
            .unwrap()
            .whiten(centred.matrix()),
    )
    .unwrap()
}

const SPECTRAL: [&str; 8] = [
    "rankme",
    "effective_rank",
    "participation_ratio",
    "von_neumann_entropy",
    "renyi_matrix_entropy(alpha=0.5)",
    "renyi_matrix_entropy(alpha=2)",
    "log_det(beta=0.1)",
    "log_det(beta=10)",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rotations_change_no_spectrum(sample in arbitrary(), seed in any::<u64>()) {
        let rotated = Sample::new(orthogonal(sample.dim(), seed) * sample.matrix()).unwrap();
        for name in SPECTRAL {
            near(name, measure(name, &rotated).unwrap(), measure(name, &sample).unwrap(), 1e-8);
        }
    }

    #[test]
    fn units_change_only_what_depends_on_them(sample in arbitrary(), power in -20_i32..20) {
        let factor = 2.0_f64.powi(power);
        let scaled = Sample::new(sample.matrix() * factor).unwrap();
        for name in SPECTRAL.iter().take(6).chain(&["total_correlation", "sliced_epps_pulley(slices=8)"]) {
            near(name, measure(name, &scaled).unwrap(), measure(name, &sample).unwrap(), 1e-9);
        }
        // The factor of the covariance takes up the units.
        let inverse = format!("log_det(beta={})", 1.0 / (factor * factor));
        near("log_det", measure(&inverse, &scaled).unwrap(), measure("log_det", &sample).unwrap(), 1e-10);
    }

    #[test]
    fn shifts_change_only_the_uncentred(sample in arbitrary(), shift in -8.0..8.0_f64) {
        let shifted = Sample::new(sample.matrix().map(|v| v + shift)).unwrap();
        for name in SPECTRAL.iter().skip(2).chain(&["total_correlation", "sliced_epps_pulley(slices=8)"]) {
            near(name, measure(name, &shifted).unwrap(), measure(name, &sample).unwrap(), 1e-8);
        }
    }

    #[test]
    fn ranks_and_entropies_keep_their_bounds(sample in arbitrary()) {
        let most = sample.dim().min(sample.n()) as f64;
        let value = |name: &str| measure(name, &sample).unwrap();
        for name in ["effective_rank", "participation_ratio"] {
            prop_assert!((1.0 - 1e-12..=most * (1.0 + 1e-12)).contains(&value(name)), "{name}");
        }
        let mut above = most.ln() + 1e-12;
        for alpha in ["0.1", "0.9", "1", "1.1", "2", "10"] {
            let entropy = value(&format!("renyi_matrix_entropy(alpha={alpha})"));
            prop_assert!(entropy >= -1e-12 && entropy <= above, "alpha {alpha}: {entropy} after {above}");
            above = entropy + 1e-12;
        }
        prop_assert!(value("log_det") >= 0.0 && value("total_correlation") >= -1e-12);
        let distance = value("sliced_epps_pulley(slices=8,standardise=false)");
        let most = std::f64::consts::TAU.sqrt() * (1.0 + 1.0 / 3.0_f64.sqrt());
        prop_assert!((0.0..=most).contains(&distance));
    }

    #[test]
    fn whitened_points_are_the_equality_case(sample in arbitrary()) {
        let white = whitened(&sample);
        let dim = sample.dim() as f64;
        let value = |name: &str| measure(name, &white).unwrap();
        near("participation", value("participation_ratio"), dim, 1e-8);
        near("effective", value("effective_rank"), dim, 1e-8);
        near("von Neumann", value("von_neumann_entropy"), dim.ln(), 1e-8);
        near("order 3", value("renyi_matrix_entropy(alpha=3)"), dim.ln(), 1e-8);
        near("log_det", value("log_det(beta=3)"), dim * 2.0_f64.ln(), 1e-8);
        near("total correlation", value("total_correlation"), 0.0, 1e-8);
        // Standardising what is standard already.
        let raw = value("sliced_epps_pulley(slices=8,standardise=false)");
        near("Epps-Pulley", value("sliced_epps_pulley(slices=8)"), raw, 1e-8);
    }
}
