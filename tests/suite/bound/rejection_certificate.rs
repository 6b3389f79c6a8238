//! Certificates and complexities that cannot be computed.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::bound::certificate::{
    Gibbs, PacBayes, clopper_pearson, empirical_bernstein, hoeffding, supervised,
};
use vicinfo::bound::complexity::{
    NormBounded, Signs, finite_class, finite_union, linear, massart, maurer,
};
use vicinfo::bound::{ContrastiveLoss, curl};
use vicinfo::network::{Activation, Layer, Linear, Network, Shape};
use vicinfo::sample::Sample;
use vicinfo::seed::Seed;

use super::rejection::{NOT_NEGATIVE, POSITIVE, PROBABILITY, clouds, mismatch};

#[test]
fn losses_out_of_range() {
    assert_eq!(
        hoeffding(&[0.5, 1.25], 1.0, 0.05),
        Err(Error::invalid(
            "loss 1",
            1.25,
            "at least 0 and at most the range 1"
        ))
    );
    assert_eq!(
        supervised(&[-0.5], 0.0, 1.0, 0.05),
        Err(Error::invalid(
            "loss 0",
            -0.5,
            "at least 0 and at most the range 1"
        ))
    );
    assert_eq!(
        empirical_bernstein(&[0.5, f64::NAN], 1.0, 0.05),
        Err(Error::NonFinite {
            point: 1,
            coordinate: 0,
            value: "NaN".to_owned()
        })
    );
    assert_eq!(
        empirical_bernstein(&[0.5], 1.0, 0.05),
        Err(Error::TooFewPoints {
            method: "hold-out empirical Bernstein",
            required: 2,
            actual: 1
        })
    );
    assert_eq!(
        hoeffding(&[], 1.0, 0.05),
        Err(Error::TooFewPoints {
            method: "hold-out Hoeffding",
            required: 1,
            actual: 0
        })
    );
    assert_eq!(
        hoeffding(&[0.5], 0.0, 0.05),
        Err(Error::invalid("range", 0.0, POSITIVE))
    );
    assert_eq!(
        supervised(&[0.5], -1.0, 1.0, 0.05),
        Err(Error::invalid("complexity of the loss", -1.0, NOT_NEGATIVE))
    );
    assert_eq!(
        clopper_pearson(0, 0, 0.05),
        Err(Error::invalid("trials", 0, "at least 1"))
    );
    assert_eq!(
        clopper_pearson(3, 2, 0.05),
        Err(Error::invalid("successes", 3, "at most the 2 trials"))
    );
}

#[test]
fn pac_bayes() {
    let data = clouds();
    let targets = data.labels.one_hot();
    let weights = DMatrix::zeros(2, 2);
    let plain = PacBayes {
        prior_std: 1.0,
        norm: 100.0,
        delta: 0.05,
        gibbs: Gibbs::Moment,
    };
    let reject = |bound: PacBayes, error: Error| {
        assert_eq!(
            bound.certify(&data.features, &targets, &weights),
            Err(error)
        );
    };
    reject(
        PacBayes {
            prior_std: 0.0,
            ..plain
        },
        Error::invalid("standard deviation of the prior", 0.0, POSITIVE),
    );
    reject(
        PacBayes {
            norm: f64::NAN,
            ..plain
        },
        Error::invalid("norm of the features", f64::NAN, POSITIVE),
    );
    reject(
        PacBayes {
            delta: 1.0,
            ..plain
        },
        Error::invalid("delta", 1.0, PROBABILITY),
    );
    let one_draw = Gibbs::MonteCarlo {
        draws: 1,
        seed: Seed::root(1),
    };
    reject(
        PacBayes {
            gibbs: one_draw,
            ..plain
        },
        Error::TooFewPoints {
            method: "a standard error",
            required: 2,
            actual: 1,
        },
    );
    let norms = data.features.points();
    let largest = norms
        .map(|point| point.iter().map(|v| v * v).sum::<f64>().sqrt())
        .fold(0.0, f64::max);
    reject(
        PacBayes {
            norm: 1e-6,
            ..plain
        },
        Error::invalid(
            "norm of the features",
            1e-6,
            format!("at least the norm {largest} of an observed point"),
        ),
    );
    assert_eq!(
        plain.certify(&data.features, &targets, &DMatrix::zeros(2, 3)),
        Err(mismatch("columns of the weights", 2, 3))
    );
}

#[test]
fn complexities() {
    let points = Sample::new(DMatrix::from_element(1, 21, 1.0)).unwrap();
    assert_eq!(
        linear(&points, 1.0, 1, Signs::All),
        Err(Error::invalid(
            "signs",
            21,
            "at most 20 where all combinations are taken; draw them instead"
        ))
    );
    let one = Signs::Drawn {
        draws: 1,
        seed: Seed::root(1),
    };
    assert_eq!(
        linear(&points, 1.0, 1, one),
        Err(Error::TooFewPoints {
            method: "an average over signs",
            required: 2,
            actual: 1
        })
    );
    assert_eq!(
        linear(&points, 0.0, 1, one),
        Err(Error::invalid("radius", 0.0, POSITIVE))
    );
    assert_eq!(
        linear(&points, 1.0, 0, one),
        Err(Error::invalid("outputs", 0, "at least 1"))
    );
    assert_eq!(
        maurer(1.0, 1, -1.0),
        Err(Error::invalid("norm", -1.0, NOT_NEGATIVE))
    );
    assert_eq!(
        maurer(1.0, 0, 1.0),
        Err(Error::invalid("outputs", 0, "at least 1"))
    );
    assert!(matches!(
        maurer(1e300, 1, 1e300),
        Err(Error::NonFiniteResult { .. })
    ));
    let empty = DMatrix::zeros(0, 3);
    assert_eq!(massart(&empty), Err(Error::Empty { n: 3, dim: 0 }));
    assert_eq!(
        finite_class(&empty, Signs::All),
        Err(Error::Empty { n: 3, dim: 0 })
    );
    let mut values = DMatrix::zeros(2, 3);
    values[(1, 2)] = f64::NAN;
    assert_eq!(
        massart(&values),
        Err(Error::NonFinite {
            point: 2,
            coordinate: 1,
            value: "NaN".to_owned()
        })
    );
    assert_eq!(
        finite_union(-1.0, 1.0, 2),
        Err(Error::invalid("complexity", -1.0, NOT_NEGATIVE))
    );
    assert_eq!(
        finite_union(1.0, -1.0, 2),
        Err(Error::invalid("range", -1.0, NOT_NEGATIVE))
    );
    assert_eq!(
        finite_union(1.0, 1.0, 0),
        Err(Error::invalid("count", 0, "at least 1"))
    );
    let exact = finite_class(&DMatrix::identity(2, 2), Signs::All).unwrap();
    assert_eq!(
        exact.upper(0.0),
        Err(Error::invalid("delta", 0.0, PROBABILITY))
    );
    assert_eq!(
        exact.expected(-1.0, 0.5),
        Err(Error::invalid("range", -1.0, NOT_NEGATIVE))
    );
    assert_eq!(
        exact.scaled(-1.0),
        Err(Error::invalid("factor", -1.0, NOT_NEGATIVE))
    );
}

#[test]
fn networks_that_the_bound_does_not_cover() {
    let layer = |bias: Option<f64>| {
        let bias = bias.map(|b| nalgebra::DVector::from_element(2, b));
        Layer::Linear(Linear::new(DMatrix::<f64>::identity(2, 2), bias).unwrap())
    };
    let network = |layers| Network::new(Shape::vector(2), layers).unwrap();
    let uncovered = |index: usize| {
        Error::invalid(
            format!("layer {index}"),
            "neither linear without bias nor a homogeneous activation with slopes of at most 1",
            "the bound on the complexity does not cover it",
        )
    };
    for (layers, index) in [
        (vec![layer(Some(0.5))], 0),
        (vec![layer(None), Layer::Activation(Activation::Tanh)], 1),
        (
            vec![
                layer(Some(0.0)),
                Layer::Activation(Activation::LeakyRelu { slope: -1.5 }),
            ],
            1,
        ),
    ] {
        assert_eq!(
            NormBounded::of(&network(layers), 1.0),
            Err(uncovered(index))
        );
    }
    assert_eq!(
        NormBounded::of(&network(vec![layer(None)]), 0.0),
        Err(Error::invalid("norm of the inputs", 0.0, POSITIVE))
    );
    let family = NormBounded {
        depth: 2,
        norm_product: 1.0,
        outputs: 1,
        input_norm: 1.0,
    };
    let reject = |family: NormBounded, error: Error| assert_eq!(family.scalar(), Err(error));
    reject(
        NormBounded { depth: 0, ..family },
        Error::invalid("depth", 0, "at least 1"),
    );
    reject(
        NormBounded {
            outputs: 0,
            ..family
        },
        Error::invalid("outputs", 0, "at least 1"),
    );
    reject(
        NormBounded {
            norm_product: -1.0,
            ..family
        },
        Error::invalid("product of the norms", -1.0, POSITIVE),
    );
    assert_eq!(
        family.loss(0.0, 2),
        Err(Error::invalid("radius", 0.0, POSITIVE))
    );
    assert_eq!(
        family.loss(1.0, 0),
        Err(Error::invalid("classes", 0, "at least 1"))
    );
}

#[test]
fn contrastive_losses() {
    let bound = |losses: &[f64], loss, tau, norm, complexity| {
        curl(losses, loss, tau, norm, complexity, 0.05)
    };
    let hinge = ContrastiveLoss::Hinge;
    assert_eq!(
        bound(&[1.0], ContrastiveLoss::NaturalLogistic, 0.1, 1.0, 0.0),
        Err(Error::invalid(
            "loss",
            "the natural logistic loss",
            "1 at margin 0; take the logarithm to base 2"
        ))
    );
    assert_eq!(
        bound(&[1.0], hinge, 1.0, 1.0, 0.0),
        Err(Error::invalid(
            "probability of two equal classes",
            1.0,
            "at least 0 and below 1"
        ))
    );
    assert_eq!(
        bound(&[1.0], hinge, 0.1, 0.0, 0.0),
        Err(Error::invalid("norm of the features", 0.0, POSITIVE))
    );
    assert_eq!(
        bound(&[1.0], hinge, 0.1, 1.0, -1.0),
        Err(Error::invalid(
            "complexity of the features",
            -1.0,
            NOT_NEGATIVE
        ))
    );
    assert_eq!(
        bound(&[], hinge, 0.1, 1.0, 0.0),
        Err(Error::TooFewPoints {
            method: "the contrastive bound",
            required: 1,
            actual: 0
        })
    );
    assert_eq!(
        bound(&[1.0, 3.5], hinge, 0.1, 1.0, 0.0),
        Err(Error::invalid(
            "loss 1",
            3.5,
            "at least 0 and at most 3 for features of norm 1"
        ))
    );
}
