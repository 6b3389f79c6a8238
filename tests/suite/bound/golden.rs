//! Against NumPy, SciPy and mpmath; `tests/golden/bound/reference.py` made the numbers.

use serde_json::Value as Json;
use vicinfo::bound::{
    Assumptions, CUTOFF, Complexities, ContrastiveLoss, CountShape, Events, Labels, MeanNorm,
    Population, Radius, Spend,
};
use vicinfo::sample::Sample;

use super::{indices, known, near, number, numbers, reference};

struct Instance {
    json: Json,
    population: Population,
    labelled: Vec<usize>,
    pairs: Vec<[usize; 2]>,
    /// What the condition of the features leaves of the digits of the weights.
    tolerance: f64,
}

fn instances() -> Vec<Instance> {
    let json = reference();
    let instances = json["instances"].as_array().unwrap();
    instances.iter().map(instance).collect()
}

fn instance(json: &Json) -> Instance {
    let dim = json["dim"].as_u64().unwrap() as usize;
    let features = Sample::from_points(dim, numbers(&json["features"])).unwrap();
    let classes = (0..json["classes"].as_u64().unwrap()).map(|k| k.to_string());
    let labels = Labels::new(indices(&json["labels"]), classes.collect()).unwrap();
    let pairs = json["pairs"].as_array().unwrap().iter().map(indices);
    Instance {
        population: Population::new(features, labels, Some(numbers(&json["priors"]))).unwrap(),
        labelled: indices(&json["labelled"]),
        pairs: pairs.map(|pair| [pair[0], pair[1]]).collect(),
        tolerance: if json["name"] == "condition 1e8" {
            1e-7
        } else {
            1e-12
        },
        json: json.clone(),
    }
}

#[test]
fn terms_and_events_of_numpy() {
    for Instance {
        json,
        population,
        labelled,
        pairs,
        tolerance,
    } in instances()
    {
        let name = json["name"].as_str().unwrap();
        let observation = population.observe(&labelled, &pairs, CUTOFF).unwrap();
        let classes = observation.classes();
        let weights = numbers(&json["weights"]);
        let dim = weights.len() / classes;
        let largest = weights.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        for (i, expected) in weights.iter().enumerate() {
            let weight = observation.labelled.weights[(i / dim, i % dim)];
            assert!(
                (weight - expected).abs() <= tolerance * largest,
                "{name}: weight {i}: {weight} against {expected}"
            );
        }
        let c = observation.weight_distance.unwrap();
        near(&format!("{name}: c"), c, number(&json["c"]), tolerance);
        near(name, observation.invariance, number(&json["i_bar"]), 1e-13);

        let delta = number(&json["delta"]);
        let radius = Radius::Declared(number(&json["radius"]));
        let mut even = population.assumptions(&observation, radius, delta).unwrap();
        let constants = [
            even.constants.tau,
            even.constants.tau_unlabelled,
            even.constants.kappa,
            even.constants.kappa_unlabelled,
            even.constants.kappa_labelled,
        ];
        for (constant, expected) in constants.into_iter().zip(numbers(&json["constants"])) {
            near(name, constant, expected, tolerance);
        }
        even.complexities = Complexities {
            invariance: number(&json["r_tilde"]),
            ..even.complexities
        };
        let printed = Assumptions {
            spend: Spend::as_reconstructed(delta).unwrap(),
            count: CountShape::Chernoff,
            ..even.clone()
        };
        for (key, assumptions) in [("even", &even), ("printed", &printed)] {
            let bound = observation.bound(assumptions).unwrap();
            let expected = json[key].as_object().unwrap();
            assert_eq!(bound.terms.len(), expected.len());
            for (term, expected) in expected {
                let value = known(bound.term(term));
                // No digit of a residual is lost to the condition of the features.
                let tolerance = if term.starts_with("residual") {
                    1e-13
                } else {
                    tolerance
                };
                near(
                    &format!("{name}: {term}"),
                    value,
                    number(expected),
                    tolerance,
                );
            }
        }
        let norm = MeanNorm::Expected(population.root_mean_square());
        let alternative = observation.alternative(&even, norm, delta).unwrap();
        let expected = number(&json["alternative"]);
        near(name, known(Some(alternative.total)), expected, tolerance);

        let events = Events::new(&population, &labelled, &observation, &even).unwrap();
        let expected = json["events"].as_object().unwrap();
        assert_eq!(expected.len(), events.all().len());
        for event in events.all() {
            let sides = numbers(&expected[event.name]);
            near(
                &format!("{name}: {}, left", event.name),
                event.left,
                sides[0],
                tolerance,
            );
            let right = event.left + event.margin();
            near(
                &format!("{name}: {}, right", event.name),
                right,
                sides[1],
                tolerance,
            );
        }
        assert!(events.chain.holds() && events.residual.holds(), "{name}");
    }
}

#[test]
fn contrastive_risks_of_numpy() {
    for Instance {
        json, population, ..
    } in instances()
    {
        let name = json["name"].as_str().unwrap();
        for (key, loss) in [
            ("hinge", ContrastiveLoss::Hinge),
            ("logistic", ContrastiveLoss::Logistic),
            ("natural", ContrastiveLoss::NaturalLogistic),
        ] {
            let curl = population.curl(loss).unwrap();
            let expected = &json["curl"][key];
            for (what, value) in [
                ("tau", curl.collision_probability),
                ("unsupervised", curl.unsupervised),
                ("same", curl.same),
                ("different", curl.different),
                ("supervised", curl.supervised),
            ] {
                near(
                    &format!("{name}: {key}: {what}"),
                    value,
                    number(&expected[what]),
                    1e-12,
                );
            }
            let gap = curl.bound() - curl.supervised;
            near(name, curl.gap(), gap, 1e-12);
        }
    }
}
