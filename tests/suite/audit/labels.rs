//! What is left of the labels, and projections beside the embedding.

use vicinfo::audit::{Audit, Subject};
use vicinfo::bound::Labels;
use vicinfo::figure::Mark;
use vicinfo::seed::Seed;

use super::{clusters, gaussian, missing, reading, section, value};

/// `0`, and from `from` on also `1`.
fn classes(n: usize, from: usize) -> Vec<i64> {
    (0..n).map(|i| i64::from(i >= from)).collect()
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
