use nalgebra::DMatrix;
use vicinfo::bound::certificate::{
    Gibbs, PacBayes, clopper_pearson, empirical_bernstein, hoeffding, misclassified, supervised,
};
use vicinfo::bound::{Labels, losses};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::{indices, near, number, numbers, reference};

#[test]
fn held_out_losses_of_numpy() {
    let json = &reference()["certificates"];
    let losses = numbers(&json["losses"]);
    let (range, delta) = (number(&json["range"]), number(&json["delta"]));
    let first = hoeffding(&losses, range, delta).unwrap();
    near("Hoeffding", first.value, number(&json["hoeffding"]), 1e-14);
    let second = empirical_bernstein(&losses, range, delta).unwrap();
    near(
        "Bernstein",
        second.value,
        number(&json["empirical_bernstein"]),
        1e-14,
    );
    for certificate in [&first, &second] {
        let sum: f64 = certificate.pieces.iter().map(|piece| piece.value).sum();
        assert_eq!((sum, certificate.delta), (certificate.value, delta));
    }
    assert_eq!(first.piece("mean"), second.piece("mean"));
}

#[test]
fn hoeffding_of_a_hundred() {
    // sqrt(ln 20 / 200), mpmath.
    let certificate = hoeffding(&[0.0; 100], 1.0, 0.05).unwrap();
    near("Hoeffding", certificate.value, 0.1223873415340408, 1e-15);
}

#[test]
fn clopper_pearson_of_scipy() {
    for case in reference()["certificates"]["clopper_pearson"]
        .as_array()
        .unwrap()
    {
        let case = numbers(case);
        let certificate = clopper_pearson(case[0] as u64, case[1] as u64, case[2]).unwrap();
        near("Clopper-Pearson", certificate.value, case[3], 1e-11);
        near(
            "rate",
            certificate.piece("rate").unwrap(),
            case[0] / case[1],
            1e-15,
        );
    }
    // 1 - 0.05^(1/100), mpmath.
    near(
        "none",
        clopper_pearson(0, 100, 0.05).unwrap().value,
        0.02951304960703993,
        1e-15,
    );
    assert_eq!(clopper_pearson(7, 7, 0.05).unwrap().value, 1.0);
}

#[test]
fn errors_are_counted_and_ties_are_errors() {
    let features = Sample::from_points(1, vec![1.0, -1.0, 0.0, 2.0]).unwrap();
    let labels = Labels::from_names(&["a", "b", "a", "b"]).unwrap();
    let weights = DMatrix::from_column_slice(2, 1, &[1.0, -1.0]);
    assert_eq!(misclassified(&weights, &features, &labels).unwrap(), 2);
}

#[test]
fn supervised_by_hand() {
    let certificate = supervised(&[0.5, 1.5], 0.25, 2.0, 0.1).unwrap();
    // 1 + 0.5/sqrt(2) + 2 sqrt(ln 10/4), mpmath.
    near("supervised", certificate.value, 2.870_980_519_978_42, 1e-15);
}

struct Probe {
    features: Sample,
    targets: DMatrix<f64>,
    weights: DMatrix<f64>,
    prior_std: f64,
    norm: f64,
    delta: f64,
}

fn probe() -> Probe {
    let json = &reference()["pac_bayes"];
    let size = |key: &str| json[key].as_u64().unwrap() as usize;
    let (dim, classes) = (size("dim"), size("classes"));
    let labels = Labels::new(
        indices(&json["labels"]),
        (0..classes).map(|k| k.to_string()).collect(),
    );
    Probe {
        features: Sample::from_points(dim, numbers(&json["features"])).unwrap(),
        targets: labels.unwrap().one_hot(),
        weights: DMatrix::from_row_slice(classes, dim, &numbers(&json["weights"])),
        prior_std: number(&json["prior"]),
        norm: number(&json["norm"]) * (1.0 + 1e-13),
        delta: number(&json["delta"]),
    }
}

#[test]
fn pac_bayes_of_numpy() {
    let probe = probe();
    let certify = |gibbs| {
        let bound = PacBayes {
            prior_std: probe.prior_std,
            norm: probe.norm,
            delta: probe.delta,
            gibbs,
        };
        bound
            .certify(&probe.features, &probe.targets, &probe.weights)
            .unwrap()
    };
    let json = &reference()["pac_bayes"];
    let [total, gibbs, range, divergence, std, lambda, kl] = numbers(&json["best"])[..] else {
        panic!("seven numbers");
    };
    let moment = certify(Gibbs::Moment);
    let certificate = &moment.certificate;
    near("total", certificate.value, total, 1e-11);
    near("gibbs", certificate.piece("gibbs").unwrap(), gibbs, 1e-11);
    near("range", certificate.piece("range").unwrap(), range, 1e-11);
    near(
        "divergence",
        certificate.piece("divergence").unwrap(),
        divergence,
        1e-11,
    );
    assert_eq!(certificate.piece("draws"), Some(0.0));
    near("std", moment.std, std, 1e-14);
    near("lambda", moment.lambda, lambda, 1e-14);
    near("KL", moment.divergence, kl, 1e-11);

    // The draws see the mean loss that NumPy's 20 000 do, and pay for their number.
    let draws = 500;
    let drawn = certify(Gibbs::MonteCarlo {
        draws,
        seed: Seed::root(1),
    });
    assert_eq!(drawn.std, moment.std);
    let [reference, std_error] = numbers(&json["gibbs"])[..] else {
        panic!("two numbers");
    };
    let mean = drawn.certificate.piece("gibbs").unwrap();
    // Of 500 draws the standard error is sqrt(40) times that of 20 000.
    assert!(
        (mean - reference).abs() < 6.0 * std_error * 41.0_f64.sqrt(),
        "{mean} {reference}"
    );
    assert!(mean < gibbs, "the moment bound is one");
    let mean_norm: f64 = probe
        .features
        .points()
        .map(|z| z.iter().map(|v| v * v).sum::<f64>().sqrt())
        .sum::<f64>()
        / 400.0;
    let paid = std * mean_norm * (2.0 * 200.0_f64.ln() / draws as f64).sqrt();
    near(
        "draws",
        drawn.certificate.piece("draws").unwrap(),
        paid,
        1e-12,
    );
    let more = drawn.certificate.piece("divergence").unwrap() - divergence;
    near("divergence", more, (1.0 / 0.9_f64).ln() / lambda, 1e-11);
}

#[test]
fn pac_bayes_improves_with_points() {
    let probe = probe();
    let bound = PacBayes {
        prior_std: 0.5,
        norm: 1.0 + 1e-12,
        delta: 0.05,
        gibbs: Gibbs::Moment,
    };
    let repeated = |times: usize| {
        let index: Vec<usize> = (0..times).flat_map(|_| 0..400).collect();
        let features = probe.features.select(&index).unwrap();
        let targets = probe.targets.select_columns(&index);
        bound
            .certify(&features, &targets, &probe.weights)
            .unwrap()
            .certificate
            .value
    };
    let mean = losses(&probe.weights, &probe.features, &probe.targets)
        .unwrap()
        .iter()
        .sum::<f64>()
        / 400.0;
    let excess = [1, 16, 256].map(|times| repeated(times) - mean);
    // Near 1/sqrt(n): each step of 16 gains a factor of about 4.
    for pair in excess.windows(2) {
        let gain = pair[0] / pair[1];
        assert!((2.5..5.0).contains(&gain), "{excess:?}");
    }
}
