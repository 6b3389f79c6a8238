//! Entropies, where the log-determinant is not tight, and coordinates that have none.

use vicinfo::audit::{Audit, Subject};
use vicinfo::figure::Mark;
use vicinfo::law::{Gaussian, Law, StudentT, UniformBox};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

use super::{assert_noted, audit, clusters, gaussian, missing, reading, section, value};

/// Views with all coordinates alike, correlation .9: everything has a closed form.
#[test]
fn gaussian_views_have_their_closed_forms() {
    let (dim, n) = (6, 4000);
    let audit = audit(gaussian(&[0.9; 6], n, 1));
    let near = |section: &str, name: &str, truth: f64, tolerance: f64| {
        let found = value(&audit, section, name);
        assert!(
            (found - truth).abs() < tolerance,
            "{name}: {found}, expected {truth}"
        );
    };
    // E |x - y|^2 over E |x - x'|^2 is 1 - rho; errors are of the order of n^(-1/2).
    near("collapse", "std", 1.0, 0.03);
    near("collapse", "relative_invariance", 0.1, 0.01);
    assert_eq!(value(&audit, "collapse", "dead_coordinates"), 0.0);
    near("vicreg", "invariance", 0.2, 0.02);
    let entropy = 0.5 * dim as f64 * (std::f64::consts::TAU * std::f64::consts::E).ln();
    for name in ["gaussian", "diagonal_gaussian"] {
        let reading = reading(&audit, "entropy", name);
        let error = reading.std_error.unwrap();
        // The variance of (1/2) ln det of a Gaussian sample is d / 2n to first order.
        let expected = (dim as f64 / (2.0 * n as f64)).sqrt();
        assert!(
            (error / expected - 1.0).abs() < 0.1,
            "{name}: {error}, expected {expected}"
        );
        near("entropy", name, entropy, 4.0 * error);
    }
    let information = -0.5 * dim as f64 * (1.0 - 0.81_f64).ln();
    near("information", "gaussian", information, 0.15);
    let bound = reading(&audit, "information", "info_nce");
    let least = bound.value.unwrap();
    assert!(
        least > 0.5 * information && least < information + 4.0 * bound.std_error.unwrap(),
        "{least}"
    );
    near("rank", "effective_rank", 6.0, 0.1);
    near("slack", "off_diagonal", 0.0, 0.02);
    let gap = reading(&audit, "slack", "non_gaussianity_against_twins");
    assert!(gap.value.unwrap().abs() < 4.0 * gap.std_error.unwrap());
    assert!(value(&audit, "normality", "sliced_p_value") > 1e-3);
    assert!(audit.reading("labels", "held_out_error").is_none());
}

/// With half as many coordinates as points the variance is no longer `d / 2n`: that of Wishart's law.
#[test]
fn the_error_of_a_log_determinant_is_right_in_many_dimensions() {
    let (n, dim) = (200, 100);
    let z = Gaussian::standard(dim).unwrap().sample(n, Seed::root(5));
    let audit = audit(Paired::new(z.clone(), z).unwrap());
    let error = reading(&audit, "entropy", "gaussian").std_error.unwrap();
    let expected = vicinfo::entropy::Gaussian::variance(n, dim).unwrap().sqrt();
    assert!(expected > 1.15 * (dim as f64 / (2.0 * n as f64)).sqrt());
    assert!(
        (error / expected - 1.0).abs() < 0.15,
        "{error}, expected {expected}"
    );
}

/// One point more than coordinates and one: by their own covariance all are equally far from the mean, and the error is finite all the same.
#[test]
fn the_error_of_a_log_determinant_is_finite_for_the_fewest_points() {
    let z = Gaussian::standard(30).unwrap().sample(31, Seed::root(6));
    let audit = audit(Paired::new(z.clone(), z).unwrap());
    let error = reading(&audit, "entropy", "gaussian").std_error.unwrap();
    let expected = vicinfo::entropy::Gaussian::variance(31, 30).unwrap().sqrt();
    assert_eq!(error, expected);
}

/// Two clusters 20 standard deviations apart: ln 2 nats and those of one cluster.
#[test]
fn what_a_log_determinant_overstates_is_found() {
    let (views, _) = clusters(4000);
    let audit = audit(views);
    let entropy = std::f64::consts::LN_2 + 2.0 * (std::f64::consts::TAU * std::f64::consts::E).ln();
    let allowed = reading(&audit, "entropy", "gaussian");
    let truth = allowed.value.unwrap() - entropy;
    assert!(truth > 1.5, "{truth}");
    let gap = reading(&audit, "slack", "non_gaussianity_against_twins");
    let (found, error) = (gap.value.unwrap(), gap.std_error.unwrap());
    let error = error.hypot(allowed.std_error.unwrap());
    assert!(
        (found - truth).abs() < 4.0 * error,
        "{found} ± {error}, expected {truth}"
    );
}

/// A uniform coordinate of unit variance has (1/2) ln(2 pi e / 12) nats less than a Gaussian one; neighbours see no edges, which
/// hides a part of that.
#[test]
fn edges_hide_a_part_of_the_slack_and_never_add_to_it() {
    let (dim, n) = (4, 4000);
    let side = 12.0_f64.sqrt();
    let law = UniformBox::new(vec![0.0; dim], vec![side; dim]).unwrap();
    let z = law.sample(n, Seed::root(3));
    let audit = audit(Paired::new(z.clone(), z).unwrap());
    let truth = 0.5 * dim as f64 * (std::f64::consts::TAU * std::f64::consts::E / 12.0).ln();
    let gap = reading(&audit, "slack", "non_gaussianity_against_twins");
    let (found, error) = (gap.value.unwrap(), gap.std_error.unwrap());
    assert!(
        found > 0.5 * truth && found < truth + 4.0 * error,
        "{found} ± {error}, at most {truth}"
    );
    assert_eq!(
        value(&audit, "normality", "coordinates_not_gaussian"),
        dim as f64
    );
    // A view and itself share everything: there is no number, and the bound is at its cap.
    assert_eq!(
        missing(&audit, "information", "gaussian"),
        "PerfectDependence"
    );
    let (bound, cap) = (
        value(&audit, "information", "info_nce"),
        value(&audit, "information", "info_nce_cap"),
    );
    assert!(bound > 0.5 * cap && bound <= cap);
}

/// The root mean square of the errors that are said is the spread of the values over samples.
fn assert_error_is_spread(read: &[(f64, f64)], within: std::ops::Range<f64>) {
    let values: Vec<f64> = read.iter().map(|(value, _)| *value).collect();
    let values = vicinfo::stats::Summary::new(&values).unwrap();
    let squares: f64 = read.iter().map(|(_, error)| error * error).sum();
    let said = (squares / read.len() as f64).sqrt();
    assert!(
        within.contains(&(said / values.std_dev)),
        "{said}, {values:?}"
    );
}

/// NumPy says 0.091 for Gaussian points, where the spread is 0.098 ± 0.006 in 120 samples, and 0.161 of 0.166 for exponential ones, of which
/// twins alone would say 0.094.
#[test]
fn the_error_of_the_slack_is_its_spread() {
    let law = UniformBox::new(vec![0.0; 3], vec![1.0; 3]).unwrap();
    let exponential = |seed| {
        let z = law.sample(150, Seed::root(seed));
        let z = z.map(3, |u, out| {
            for (out, u) in out.iter_mut().zip(u) {
                *out = -u.ln();
            }
        });
        let z = z.unwrap();
        Paired::new(z.clone(), z).unwrap()
    };
    let slack = |views: &dyn Fn(u64) -> Paired| -> Vec<(f64, f64)> {
        (0..120)
            .map(|seed| {
                // Twins of their own: those of one seed are alike for all samples of a size.
                let subject = Subject::new("z", views(1000 + seed)).unwrap();
                let audit = Audit::new(&subject, Seed::root(seed)).unwrap();
                let gap = reading(&audit, "slack", "non_gaussianity_against_twins");
                (gap.value.unwrap(), gap.std_error.unwrap())
            })
            .collect()
    };
    let read = slack(&|seed| gaussian(&[0.5; 3], 150, seed));
    assert_error_is_spread(&read, 0.8..1.2);
    let gaps: Vec<f64> = read.iter().map(|(gap, _)| *gap).collect();
    let gaps = vicinfo::stats::Summary::new(&gaps).unwrap();
    assert!(gaps.mean.abs() < 4.0 * gaps.std_error, "{gaps:?}");
    assert_error_is_spread(&slack(&exponential), 0.8..1.2);
}

/// Of a Student law of five degrees of freedom in 30 dimensions, 120 points: the spread is 1.34, and half of the squared lengths' would say 0.98.
#[test]
fn the_error_of_a_log_determinant_sees_heavy_tails() {
    let scale = nalgebra::DMatrix::identity(30, 30);
    let law = StudentT::new(5.0, nalgebra::DVector::zeros(30), &scale).unwrap();
    let read: Vec<(f64, f64)> = (0..150)
        .map(|seed| {
            let z = law.sample(120, Seed::root(seed));
            let audit = audit(Paired::new(z.clone(), z).unwrap());
            let gaussian = reading(&audit, "entropy", "gaussian");
            (gaussian.value.unwrap(), gaussian.std_error.unwrap())
        })
        .collect();
    assert_error_is_spread(&read, 0.85..1.2);
}

/// Of log-normal coordinates, ln x of standard deviation 0.8, 100 points in 4 dimensions: NumPy's spread is 0.442, the jackknife says 0.454, and half of
/// the squared lengths' would say 0.339.
#[test]
fn the_error_of_the_log_variances_sees_heavy_tails() {
    let read: Vec<(f64, f64)> = (0..150)
        .map(|seed| {
            let z = gaussian(&[0.5; 4], 100, 3000 + seed).x;
            let z = z.map(4, |z, out| {
                for (out, v) in out.iter_mut().zip(z) {
                    *out = (0.8 * v).exp();
                }
            });
            let z = z.unwrap();
            let audit = audit(Paired::new(z.clone(), z).unwrap());
            let diagonal = reading(&audit, "entropy", "diagonal_gaussian");
            (diagonal.value.unwrap(), diagonal.std_error.unwrap())
        })
        .collect();
    assert_error_is_spread(&read, 0.85..1.2);
}

/// A point so far away that without it nothing is left to working precision: no error is known, and the rest is.
#[test]
fn one_point_may_be_all_that_a_covariance_sees() {
    let mut points = gaussian(&[0.5; 3], 60, 27).x.matrix().clone();
    points[(1, 7)] = 1e9;
    let z = Sample::new(points).unwrap();
    let audit = audit(Paired::new(z.clone(), z).unwrap());
    for (name, what) in [
        ("gaussian", "log-determinant"),
        ("diagonal_gaussian", "sum of log-variances"),
    ] {
        let allowed = reading(&audit, "entropy", name);
        assert!(allowed.value.is_some());
        assert_eq!(allowed.std_error, None);
        let note = format!("no standard error of {name}: the {what} without its farthest point is");
        assert_noted(&audit, "entropy", &note);
    }
    assert!(value(&audit, "entropy", "kozachenko_leonenko").is_finite());
    let beyond = reading(&audit, "slack", "non_gaussianity_against_twins");
    assert!(beyond.value.unwrap() > 1.0);
    assert_eq!(beyond.std_error, None);
    assert_noted(
        &audit,
        "slack",
        "no standard error of non_gaussianity_against_twins: ",
    );
    let words = &section(&audit, "slack").words;
    assert!(
        words.contains("what of that is chance is not known"),
        "{words}"
    );
}

/// Eight twins tell an interval by Student's law with seven degrees of freedom.
#[test]
fn the_interval_of_the_slack_is_students() {
    let audit = audit(gaussian(&[0.5; 3], 300, 21));
    let std_error = reading(&audit, "slack", "non_gaussianity_against_twins")
        .std_error
        .unwrap();
    let panel = &section(&audit, "slack").figures[0].panels[0];
    let bars = panel.series.iter().find_map(|series| match &series.mark {
        Mark::Bars(bars) => Some(bars[0]),
        _ => None,
    });
    // scipy.stats.t.ppf(0.975, 7)
    let half = 2.3646242515927844 * std_error;
    assert!((bars.unwrap().2 - half).abs() < 1e-12 * half);
}

/// That the entropy is said not to exist, for this reason, and that neighbours do not pass for it.
fn assert_no_density(audit: &Audit, why: &str) {
    let words = &(audit.sections.iter().find(|s| s.id == "entropy"))
        .unwrap()
        .words;
    assert!(
        words.contains("no entropy in nats") && words.contains(why),
        "{words}"
    );
    let neighbours = reading(audit, "entropy", "kozachenko_leonenko");
    assert!(neighbours.value.is_some());
    assert_eq!(neighbours.side, None);
    assert!(
        !neighbours.about.contains("converges"),
        "{}",
        neighbours.about
    );
}

#[test]
fn redundant_coordinates_are_named() {
    let views = gaussian(&[0.5; 3], 500, 8);
    let twice = |view: &Sample| {
        view.map(6, |z, out| {
            out[..3].copy_from_slice(z);
            out[3..].copy_from_slice(z);
        })
        .unwrap()
    };
    let audit = audit(Paired::new(twice(&views.x), twice(&views.y)).unwrap());
    assert_eq!(missing(&audit, "entropy", "gaussian"), "SingularCovariance");
    assert!(
        reading(&audit, "entropy", "diagonal_gaussian")
            .value
            .is_some()
    );
    assert!((value(&audit, "redundancy", "largest_correlation") - 1.0).abs() < 1e-12);
    assert!((value(&audit, "rank", "effective_rank") - 3.0).abs() < 0.1);
    assert!(audit.html().contains("SingularCovariance"));
    assert_no_density(&audit, "linear functions of others");
}

#[test]
fn constant_coordinates_are_counted() {
    let views = gaussian(&[0.5; 3], 300, 18);
    let with_constant = |view: &Sample| {
        view.map(4, |z, out| {
            out[..3].copy_from_slice(z);
            out[3] = 0.7;
        })
        .unwrap()
    };
    let audit = audit(Paired::new(with_constant(&views.x), with_constant(&views.y)).unwrap());
    assert!(!audit.collapsed);
    assert_noted(&audit, "normality", "1 of 4 coordinates are left out");
    assert_noted(&audit, "redundancy", "1 of 4 coordinates are left out");
    assert_no_density(&audit, "1 of 4 coordinates do not vary");
    let normality = audit.sections.iter().find(|s| s.id == "normality").unwrap();
    assert!(normality.words.contains("of 3 coordinates that vary"));
}

/// A coordinate that varies in a few of many points, and in none of those that neighbours are read from: one value has almost all.
#[test]
fn a_coordinate_may_stand_still_among_the_few() {
    let n = 20_000;
    let views = gaussian(&[0.5; 3], n, 23);
    let rare = |view: &Sample| {
        let mut points = view.matrix().clone();
        points.row_mut(2).fill(0.0);
        points[(2, 11)] = 1.0;
        Sample::new(points).unwrap()
    };
    let audit = audit(Paired::new(rare(&views.x), rare(&views.y)).unwrap());
    assert!(value(&audit, "entropy", "gaussian").is_finite());
    assert_no_density(
        &audit,
        "1 of 3 coordinates do not vary among the 4000 points that neighbours are read from (the first is coordinate 2, counted from 0)",
    );
}

/// Points of one length, zeros of rectified units, whole numbers and repeats: the covariance has an inverse, and there is no density.
#[test]
fn laws_without_density_have_no_entropy_and_no_slack() {
    let views = gaussian(&[0.5; 8], 400, 31);
    let each = |map: &dyn Fn(&[f64], &mut [f64])| {
        let of = |view: &Sample| view.map(8, map).unwrap();
        Paired::new(of(&views.x), of(&views.y)).unwrap()
    };
    // As numbers of 32 bits, which leave rounding in the lengths.
    let sphere = each(&|z, out| {
        let length = z.iter().map(|v| v * v).sum::<f64>().sqrt();
        for (out, v) in out.iter_mut().zip(z) {
            *out = f64::from((v / length) as f32);
        }
    });
    let rectified = each(&|z, out| {
        for (out, v) in out.iter_mut().zip(z) {
            *out = v.max(0.0);
        }
    });
    let whole = each(&|z, out| {
        for (out, v) in out.iter_mut().zip(z) {
            *out = (3.0 * v).round();
        }
    });
    let twice: Vec<usize> = (0..400).map(|i| i / 2).collect();
    let twice = |view: &Sample| view.select(&twice).unwrap();
    let repeated = Paired::new(twice(&views.x), twice(&views.y)).unwrap();
    // As numbers of 16 bits, the digits of halves and of `bfloat16`.
    let rounded = |bits: f64, mean: f64| {
        each(&|z, out| {
            let length = z.iter().map(|v| (v + mean).powi(2)).sum::<f64>().sqrt();
            for (out, v) in out.iter_mut().zip(z) {
                let v = (v + mean) / length;
                let last = 2.0_f64.powf(v.abs().log2().floor() - (bits - 1.0));
                *out = (v / last).round() * last;
            }
        })
    };
    let halves = rounded(11.0, 0.0);
    let bfloat16 = rounded(8.0, 0.0);
    // A mean cosine of 0.95.
    let cone = rounded(11.0, 4.0);
    for (views, why, ksg) in [
        (sphere, "all points have the same length", true),
        (
            halves,
            "all points have the same length, but for 0.01",
            true,
        ),
        (
            bfloat16,
            "all points have the same length, but for 0.0",
            true,
        ),
        (cone, "all points have the same length, but for 0.0", true),
        (rectified, "in 8 of 8 coordinates 1 % of the points", false),
        (whole, "in 8 of 8 coordinates 1 % of the points", false),
        (repeated, "200 of 400 points repeat an earlier one", false),
    ] {
        let audit = audit(views);
        assert_no_density(&audit, why);
        let slack = section(&audit, "slack");
        assert!(
            slack.words.contains(&format!("have no density: {why}")),
            "{}",
            slack.words
        );
        for name in ["non_gaussianity", "non_gaussianity_against_twins"] {
            assert_eq!(missing(&audit, "slack", name), "NoDensity");
        }
        assert!(reading(&audit, "slack", "off_diagonal").value.is_some());
        assert!(reading(&audit, "entropy", "gaussian").value.is_some());
        // Information of views on spheres is found by neighbours, that of atoms is not.
        let side = reading(&audit, "information", "ksg1").side.as_deref();
        assert_eq!(side.is_some(), ksg, "{why}");
        if !ksg {
            assert_noted(&audit, "information", "ksg1 assumes a density");
        }
    }
    // Where points are there so often that neighbours have no distance, covariances still tell their part.
    let often: Vec<usize> = (0..400).map(|i| i / 5).collect();
    let often = |view: &Sample| view.select(&often).unwrap();
    let audit = super::audit(Paired::new(often(&views.x), often(&views.y)).unwrap());
    assert_eq!(
        missing(&audit, "entropy", "kozachenko_leonenko"),
        "Duplicates"
    );
    assert!(value(&audit, "slack", "off_diagonal").is_finite());
    let words = &section(&audit, "slack").words;
    assert!(
        words.contains("320 of 400 points repeat an earlier one"),
        "{words}"
    );
    // Nor do scales make one whose squares nearly vanish or overflow.
    for scale in [1e-85, 1e85] {
        let scaled = super::audit(each(&|z, out| {
            for (out, v) in out.iter_mut().zip(z) {
                *out = scale * v;
            }
        }));
        let neighbours = reading(&scaled, "entropy", "kozachenko_leonenko");
        assert_eq!(neighbours.side.as_deref(), Some("consistent"), "{scale}");
    }
    // Nor do narrow clusters at one distance from the origin: neighbours see how thick these are.
    let clusters = super::audit(each(&|z, out| {
        for (out, v) in out.iter_mut().zip(z) {
            *out = 0.005 * v;
        }
        out[0] += z[0].signum();
    }));
    let neighbours = reading(&clusters, "entropy", "kozachenko_leonenko");
    assert_eq!(neighbours.side.as_deref(), Some("consistent"));
    // Far from the origin lengths are nearly equal, and that is no sphere.
    let far = super::audit(each(&|z, out| {
        out.copy_from_slice(z);
        out[0] = 600.0 + 0.001 * z[0];
    }));
    assert!(!far.collapsed);
    let neighbours = reading(&far, "entropy", "kozachenko_leonenko");
    assert_eq!(neighbours.side.as_deref(), Some("consistent"));
    // The same as numbers of 32 bits, a few of which come twice by chance, have one.
    let rounded = super::audit(each(&|z, out| {
        for (out, v) in out.iter_mut().zip(z) {
            *out = f64::from(*v as f32);
        }
    }));
    let neighbours = reading(&rounded, "entropy", "kozachenko_leonenko");
    assert_eq!(neighbours.side.as_deref(), Some("consistent"));
    assert!(value(&rounded, "slack", "non_gaussianity_against_twins").is_finite());
}

/// A point that is there twice is at no distance from its nearest neighbour, and at some from its third.
#[test]
fn a_repeated_point_does_not_cost_the_entropy() {
    let views = gaussian(&[0.5; 3], 300, 19);
    let mut indices: Vec<usize> = (0..300).collect();
    indices[1] = 0;
    let twice = |view: &Sample| view.select(&indices).unwrap();
    let audit = audit(Paired::new(twice(&views.x), twice(&views.y)).unwrap());
    assert_noted(
        &audit,
        "collapse",
        "1 of 300 points of the first view repeat",
    );
    let neighbours = reading(&audit, "entropy", "kozachenko_leonenko");
    assert!(neighbours.value.is_some());
    assert_eq!(neighbours.side.as_deref(), Some("consistent"));
}
