//! Audits of embeddings whose entropies, informations and labels are known.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::audit::{Audit, Cell, Comparison, Missing, Reading, Row, Section, Subject};
use vicinfo::bound::Labels;
use vicinfo::figure::Mark;
use vicinfo::law::{Gaussian, JointGaussian, JointLaw, Law, UniformBox};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

fn audit(views: Paired) -> Audit {
    Audit::new(&Subject::new("planted", views).unwrap(), Seed::root(9)).unwrap()
}

fn reading<'a>(audit: &'a Audit, section: &str, name: &str) -> &'a Reading {
    let found = audit.reading(section, name);
    found.unwrap_or_else(|| panic!("no {name} in {section}"))
}

fn value(audit: &Audit, section: &str, name: &str) -> f64 {
    let reading = reading(audit, section, name);
    reading
        .value
        .unwrap_or_else(|| panic!("{name}: {:?}", reading.missing))
}

fn section<'a>(audit: &'a Audit, id: &str) -> &'a Section {
    audit.sections.iter().find(|s| s.id == id).unwrap()
}

/// That a section has a note with these words.
fn assert_noted(audit: &Audit, id: &str, words: &str) {
    let notes = &section(audit, id).notes;
    assert!(notes.iter().any(|note| note.contains(words)), "{notes:?}");
}

/// The kind of the error that stands in place of a number.
fn missing(audit: &Audit, section: &str, name: &str) -> String {
    let reading = reading(audit, section, name);
    assert_eq!(reading.value, None, "{name}");
    reading.missing.clone().unwrap().kind
}

fn gaussian(correlations: &[f64], n: usize, seed: u64) -> Paired {
    let dim = correlations.len();
    let law = JointGaussian::sparse(dim, dim, correlations).unwrap();
    law.sample(n, Seed::root(seed))
}

/// Views that are all the same point.
fn constant(n: usize) -> Paired {
    let constant = Sample::new(DMatrix::from_element(3, n, 0.0)).unwrap();
    Paired::new(constant.clone(), constant).unwrap()
}

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

#[test]
fn independent_views_share_nothing() {
    let audit = audit(gaussian(&[0.0; 16], 4096, 5));
    let bound = reading(&audit, "information", "info_nce");
    assert!(
        bound.value.unwrap() < 4.0 * bound.std_error.unwrap(),
        "{bound:?}"
    );
    assert!((value(&audit, "collapse", "relative_invariance") - 1.0).abs() < 0.03);
    assert_noted(&audit, "information", "mostly the bias");
    // scipy.stats.t.ppf(0.975, 3): four batches of 512, the last of the curve.
    let drawn = section(&audit, "information").figures[0].panels[0]
        .series
        .last()
        .unwrap();
    let Mark::Band { band, .. } = &drawn.mark else {
        panic!("{drawn:?}")
    };
    let (size, low, high) = band[band.len() - 1];
    assert_eq!((size, bound.points), (512.0, 2048));
    let half = 3.182446305284263 * bound.std_error.unwrap();
    assert!(((high - low) / 2.0 - half).abs() < 1e-12 * half);
}

/// A coordinate that varies in a few of many points, and in none of those that neighbours are read from.
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
    assert_eq!(reading(&audit, "entropy", "kozachenko_leonenko").side, None);
    assert_noted(
        &audit,
        "entropy",
        "1 of 3 coordinates do not vary among the 4000 points",
    );
    let words = &section(&audit, "entropy").words;
    assert!(words.contains("nearest neighbours see none"), "{words}");
}

/// Where one half of the points has a single class, none of the numbers of labels is there, and each says why.
#[test]
fn labels_that_cannot_be_fitted_leave_no_dash() {
    let fitted = Audit::new(
        &Subject::new("fitted", gaussian(&[0.5; 3], 200, 24))
            .and_then(|s| s.with_labels(Labels::from_integers(&classes(200, 2)).unwrap()))
            .unwrap(),
        Seed::root(9),
    );
    // A single one of its class is in one half.
    let lost = Audit::new(
        &Subject::new("lost", gaussian(&[0.5; 3], 16, 24))
            .and_then(|s| s.with_labels(Labels::from_integers(&classes(16, 15)).unwrap()))
            .unwrap(),
        Seed::root(9),
    );
    let names = |audit: &Audit| -> Vec<String> {
        let readings = &section(audit, "labels").readings;
        readings
            .iter()
            .map(|reading| reading.name.clone())
            .collect()
    };
    let (fitted, lost) = (fitted.unwrap(), lost.unwrap());
    assert_eq!(names(&fitted), names(&lost));
    assert!(value(&fitted, "labels", "held_out_error") < 1.0);
    assert_eq!(
        missing(&lost, "labels", "held_out_error"),
        "InvalidParameter"
    );
}

/// `0`, and from `from` on also `1`.
fn classes(n: usize, from: usize) -> Vec<i64> {
    (0..n).map(|i| i64::from(i >= from)).collect()
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

/// Batches are as large as four of them leave: 64 pairs give some of 8.
#[test]
fn few_pairs_still_have_a_bound() {
    let views = gaussian(&[0.99; 8], 64, 22);
    let audit = audit(views.clone());
    let bound = reading(&audit, "information", "info_nce");
    let cap = value(&audit, "information", "info_nce_cap");
    assert_eq!((cap, bound.points), (8.0_f64.ln(), 32));
    assert!(bound.value.unwrap() > 0.5 * cap && bound.value.unwrap() <= cap);
    // 63 leave 32 beside those that choose the temperature, 62 leave 31.
    for (n, there) in [(63, true), (62, false)] {
        let few: Vec<usize> = (0..n).collect();
        let few = Paired::new(views.x.select(&few).unwrap(), views.y.select(&few).unwrap());
        let audit = self::audit(few.unwrap());
        assert_eq!(
            reading(&audit, "information", "info_nce").value.is_some(),
            there,
            "{n}"
        );
    }
}

#[test]
fn many_distinct_inputs_saturate_the_contrast() {
    let views = gaussian(&[0.9999; 32], 4096, 6);
    let audit = audit(views);
    assert_noted(&audit, "information", "saturated: ");
}

#[test]
fn of_a_collapsed_embedding_only_its_collapse_and_its_terms_are_told() {
    let views = gaussian(&[0.5; 5], 300, 7);
    let shrink = |view: &Sample| {
        view.map(5, |z, out| {
            for (out, z) in out.iter_mut().zip(z) {
                *out = 3.0 + 1e-6 * z;
            }
        })
    };
    let audit = audit(Paired::new(shrink(&views.x).unwrap(), shrink(&views.y).unwrap()).unwrap());
    assert!(audit.collapsed);
    let sections: Vec<&str> = audit.sections.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(sections, ["collapse", "vicreg"]);
    assert!(audit.html().contains("<strong>Collapsed.</strong>"));
    // What is not there is not explained.
    assert!(
        !audit
            .html()
            .contains("Entropies and informations are in nats")
    );
    // Points that are all the same have no spread at all.
    let audit = self::audit(constant(20));
    assert!(audit.collapsed);
    assert_eq!(
        missing(&audit, "collapse", "relative_invariance"),
        "NonFiniteResult"
    );
    assert_eq!(audit.collapsed_view.as_deref(), Some("both views"));
    assert!(audit.html().ends_with("</html>\n"));
}

/// What an encoder makes of one kind of view is not what it makes of the other.
#[test]
fn a_collapsed_second_view_is_found_and_named() {
    let n = 300;
    let views = gaussian(&[0.5; 3], n, 17);
    let constant = Sample::new(DMatrix::from_element(3, n, 0.7)).unwrap();
    for (x, y, view) in [
        (&views.x, &constant, "the second view"),
        (&constant, &views.x, "the first view"),
    ] {
        let audit = audit(Paired::new(x.clone(), y.clone()).unwrap());
        assert!(audit.collapsed, "{view}");
        assert_eq!(audit.collapsed_view.as_deref(), Some(view));
        let sections: Vec<&str> = audit.sections.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(sections, ["collapse", "vicreg"]);
        let words = &audit.sections[0].words;
        assert!(
            words.contains(&format!("has collapsed, {view} of it")),
            "{words}"
        );
        assert!(
            audit
                .html()
                .contains(&format!("The points of {view} are one point"))
        );
    }
    let audit = audit(views);
    assert!(!audit.collapsed);
    assert_eq!(audit.collapsed_view, None);
}

/// Everything is 0 that a panel of the last figure shows: there is a page all the same.
#[test]
fn equal_views_of_equal_images_have_a_page() {
    let (views, labels) = clusters(400);
    let same = Paired::new(views.x.clone(), views.x).unwrap();
    let subject = Subject::new("same", same.clone())
        .and_then(|s| s.with_labels(Labels::from_integers(&labels).unwrap()))
        .and_then(|s| s.with_images(same))
        .unwrap();
    let audit = Audit::new(&subject, Seed::root(9)).unwrap();
    assert_eq!(value(&audit, "collapse", "relative_invariance"), 0.0);
    let page = audit.html();
    assert!(!page.contains("not drawn"), "a figure is missing");
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

#[test]
fn fewer_points_than_coordinates_give_reasons() {
    let audit = audit(gaussian(&[0.5; 60], 40, 10));
    for (section, name, kind) in [
        ("entropy", "gaussian", "TooFewPoints"),
        ("slack", "off_diagonal", "TooFewPoints"),
        ("information", "gaussian", "TooFewPoints"),
        ("information", "info_nce", "TooFewPoints"),
    ] {
        assert_eq!(missing(&audit, section, name), kind, "{name}");
    }
    assert!(
        reading(&audit, "entropy", "gaussian_shrunk")
            .value
            .is_some()
    );
    assert!(audit.html().ends_with("</html>\n"));
}

/// Two clusters 20 standard deviations apart.
fn clusters(n: usize) -> (Paired, Vec<i64>) {
    let noise = gaussian(&[0.5; 4], n, 11);
    let shift = |view: &Sample| {
        let mut matrix = view.matrix().clone();
        for (i, mut point) in matrix.column_iter_mut().enumerate() {
            point[0] += if i % 2 == 0 { 10.0 } else { -10.0 };
        }
        Sample::new(matrix).unwrap()
    };
    let labels = (0..n as i64).map(|i| i % 2).collect();
    (
        Paired::new(shift(&noise.x), shift(&noise.y)).unwrap(),
        labels,
    )
}

#[test]
fn labels_that_can_be_read_off_and_labels_that_cannot() {
    let n = 2000;
    let (views, labels) = clusters(n);
    let with = |labels: &[i64]| {
        let subject = Subject::new("clusters", views.clone()).unwrap();
        let subject = subject
            .with_labels(Labels::from_integers(labels).unwrap())
            .unwrap();
        Audit::new(&subject, Seed::root(9)).unwrap()
    };
    let known = with(&labels);
    assert_eq!(value(&known, "labels", "held_out_error"), 0.0);
    // No error in 1000: at most 1 - 0.05^(1/1000).
    let most = 1.0 - 0.05_f64.powf(1e-3);
    assert!((value(&known, "labels", "error_certificate") - most).abs() < 1e-12);
    let binary = -most * most.ln() - (1.0 - most) * (1.0 - most).ln();
    let least = value(&known, "labels", "label_information");
    assert!(
        (least - (std::f64::consts::LN_2 - binary)).abs() < 0.01,
        "{least}"
    );
    assert!(value(&known, "labels", "explained") > 0.95);
    let risk = value(&known, "labels", "held_out_risk");
    assert!(value(&known, "labels", "risk_certificate") > risk);
    // Labels that have nothing to do with the points.
    let other: Vec<i64> = (0..n as i64).map(|i| (i / 2) % 2).collect();
    let unknown = with(&other);
    let error = reading(&unknown, "labels", "held_out_error");
    assert!((error.value.unwrap() - 0.5).abs() < 4.0 * error.std_error.unwrap());
    assert_eq!(value(&unknown, "labels", "label_information"), 0.0);
}

/// Fifty points in sixty coordinates and one are fitted without a residual, whatever their labels are.
#[test]
fn a_fit_that_interpolates_has_no_residual_to_show() {
    let n = 100;
    let labels: Vec<i64> = (0..n as i64).map(|i| (i / 2) % 2).collect();
    let subject = Subject::new("few", gaussian(&[0.5; 60], n, 20))
        .and_then(|s| s.with_labels(Labels::from_integers(&labels).unwrap()))
        .unwrap();
    let audit = Audit::new(&subject, Seed::root(9)).unwrap();
    for (section, name) in [
        ("labels", "residual"),
        ("labels", "explained"),
        ("baseline", "held_out_error"),
    ] {
        assert_eq!(missing(&audit, section, name), "TooFewPoints", "{name}");
    }
    assert!(value(&audit, "labels", "held_out_error") > 0.2);
    assert!(value(&audit, "labels", "error_certificate") > 0.2);
}

#[test]
fn images_are_projected_and_labels_read_off_the_projections() {
    let (images, labels) = clusters(1000);
    // An embedding that has lost the labels.
    let views = gaussian(&[0.5; 2], 1000, 12);
    let subject = Subject::new("lost", views)
        .and_then(|s| s.with_labels(Labels::from_integers(&labels).unwrap()))
        .and_then(|s| s.with_images(images))
        .unwrap();
    let audit = Audit::new(&subject, Seed::root(9)).unwrap();
    assert!(value(&audit, "baseline", "held_out_error") > 0.4);
    assert!(value(&audit, "baseline", "held_out_error, random_projection") < 0.05);
    // The twin has the second moments of both views.
    let (own, twin) = (
        value(&audit, "baseline", "relative_invariance"),
        value(&audit, "baseline", "relative_invariance, gaussian_twin"),
    );
    assert!((own - twin).abs() < 0.1, "{own} and {twin}");
    // Three projections have a standard error, one twin has none.
    let error = |other: &str| {
        let name = format!("relative_invariance, {other}");
        reading(&audit, "baseline", &name).std_error
    };
    assert!(error("random_projection").is_some_and(|error| error > 0.0));
    // scipy.stats.t.ppf(0.975, 2) is the factor of three draws.
    let panel = &section(&audit, "baseline").figures[0].panels[0];
    let Mark::Bars(bars) = &panel.series[2].mark else {
        panic!("{:?}", panel.series[2])
    };
    let half = 4.302652729911275 * error("random_projection").unwrap();
    assert!((bars[0].2 - half).abs() < 1e-10 * half);
    assert_eq!(error("gaussian_twin"), None);
}

#[test]
fn threads_change_nothing_and_the_seed_does() {
    let views = gaussian(&[0.7; 4], 5000, 13);
    let subject = Subject::new("planted", views).unwrap();
    let json = |threads: usize, seed: u64| {
        let pool = vicinfo::experiment::thread_pool(Some(threads)).unwrap();
        let audit = pool
            .install(|| Audit::new(&subject, Seed::root(seed)))
            .unwrap();
        serde_json::to_string(&audit).unwrap()
    };
    let one = json(1, 1);
    assert_eq!(one, json(2, 1));
    assert_ne!(one, json(2, 2));
    assert!(one.contains("4000 of the 5000 pairs"));
    // What is written is read back, figures aside.
    let back: Audit = serde_json::from_str(&one).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), one);
    // Four batches of 512 of the second half; as many choose the temperature.
    assert_eq!(reading(&back, "information", "info_nce").points, 2048);
    assert_eq!(reading(&back, "information", "info_nce_cap").points, 2048);
    assert!(
        reading(&back, "information", "info_nce")
            .about
            .contains("512 other pairs")
    );
    assert_noted(&back, "information", "InfoNCE: 2048 of the 5000 pairs");
    // Beside the twin it has 4000 pairs: seven batches of 256 of the half that is left.
    assert_eq!(reading(&back, "baseline", "info_nce").points, 1792);
    assert_noted(&back, "baseline", "batches of 256 and never above ln 256");
    assert_noted(&back, "information", "ksg1: 4000 of the 5000 pairs");
    // A stream does not tell its number; audits of before the version was recorded are read, too.
    assert_eq!(back.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(back.seed, None);
    let mut old: serde_json::Value = serde_json::from_str(&one).unwrap();
    for key in ["version", "seed", "collapsed_view"] {
        assert!(old.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    let old: Audit = serde_json::from_value(old).unwrap();
    assert_eq!(old.version, "");
}

#[test]
fn audits_stand_side_by_side() {
    let [mut first, mut second] = [14, 15].map(|seed| audit(gaussian(&[0.5; 3], 200, seed)));
    assert!(matches!(
        Comparison::new(&[first.clone(), second.clone()]),
        Err(Error::InvalidParameter { .. })
    ));
    first.name = "first".into();
    second.name = "second".into();
    // A number that one of them has not, one that it could not have, and a note of its own beside one of both.
    let readings = &mut second.sections[0].readings;
    let lost = readings.remove(1).name;
    for reading in &mut readings[..2] {
        reading.value = None;
        reading.missing = Some(Missing {
            kind: "Planted".into(),
            message: "nobody knows".into(),
        });
    }
    let both = format!("{}, {}", readings[0].name, readings[1].name);
    second.sections[0].notes = vec!["of one".into(), "of both".into()];
    first.sections[0].notes = vec!["of both".into()];
    let comparison = Comparison::new(&[second, first.clone()]).unwrap();
    let cells = |name: &str| {
        let row = comparison.rows.iter().find(|row| row.name == name);
        row.map(|row| row.cells.clone()).unwrap()
    };
    let own = |place: usize| {
        let reading: &Reading = &first.sections[0].readings[place];
        Cell::Number {
            value: reading.value.unwrap(),
            std_error: reading.std_error,
            side: reading.side.clone(),
            points: 200,
        }
    };
    assert_eq!(cells(&lost), [Cell::NotRead, own(1)]);
    let refused = &cells(&first.sections[0].readings[0].name);
    assert_eq!(refused[0].text(), "none: Planted");
    assert_eq!(refused[1], own(0));
    let section = &first.sections[0].id;
    let notes: Vec<(&str, String)> = (comparison.notes.iter())
        .filter(|note| note.section == *section)
        .map(|note| (note.text.as_str(), note.of.join(" + ")))
        .collect();
    let missing = format!("{both}: nobody knows");
    let expected = [
        (missing.as_str(), "second"),
        ("of one", "second"),
        ("of both", "second + first"),
    ]
    .map(|(text, of)| (text, of.to_owned()));
    assert_eq!(notes, expected);
    let sides = |name: &str| {
        let row = comparison.rows.iter().find(|row| row.name == name);
        row.map(Row::sides).unwrap()
    };
    assert_eq!(sides("diagonal_gaussian"), "above");
    assert_eq!(sides("std"), "");
    // It stands with its section.
    let sections: Vec<&str> = comparison
        .rows
        .iter()
        .map(|row| row.section.as_str())
        .collect();
    let mut once = sections.clone();
    once.dedup();
    let mut distinct = once.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(once.len(), distinct.len());
    assert!(comparison.html().contains("<th>second</th><th>first</th>"));
    assert!(
        comparison
            .html()
            .contains("<strong>second, first:</strong> of both")
    );
    assert!(Comparison::new(&[first.clone()]).is_err());
    // Of a collapsed embedding there is no entropy, and that is no dash.
    let mut point = audit(constant(200));
    point.name = "point".into();
    let comparison = Comparison::new(&[point, first]).unwrap();
    let row = comparison.rows.iter().find(|row| row.section == "entropy");
    assert_eq!(row.unwrap().cells[0], Cell::Collapsed);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let views = gaussian(&[0.5; 3], 20, 16);
    let subject = |views: Paired| Subject::new("planted", views);
    let few = Paired::new(
        views.x.select(&[0, 1]).unwrap(),
        views.y.select(&[0, 1]).unwrap(),
    )
    .unwrap();
    assert!(matches!(subject(few), Err(Error::TooFewPoints { .. })));
    let narrow = views
        .y
        .map(2, |z, out| out.copy_from_slice(&z[..2]))
        .unwrap();
    let uneven = Paired::new(views.x.clone(), narrow).unwrap();
    assert!(matches!(
        subject(uneven.clone()),
        Err(Error::Mismatch { .. })
    ));
    let labels = |labels: &[i64]| Labels::from_integers(labels).unwrap();
    let with = |labels: Labels| subject(views.clone()).unwrap().with_labels(labels);
    assert!(matches!(with(labels(&[1, 2])), Err(Error::Mismatch { .. })));
    assert!(matches!(
        with(labels(&[3; 20])),
        Err(Error::InvalidParameter { .. })
    ));
    let with = |images: Paired| subject(views.clone()).unwrap().with_images(images);
    assert!(matches!(with(uneven), Err(Error::Mismatch { .. })));
    let huge = views.x.map(3, |_, out| out.fill(1e200)).unwrap();
    let huge = Subject::new("huge", Paired::new(huge.clone(), huge).unwrap()).unwrap();
    assert!(matches!(
        Audit::new(&huge, Seed::root(1)),
        Err(Error::NonFiniteResult { .. })
    ));
}
