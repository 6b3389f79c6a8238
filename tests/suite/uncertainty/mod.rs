//! Standard errors, the test of independence and calibration: against the spread over replicates,
//! exact values, and what they must refuse.

mod calibration;
mod permutation;
mod subsampling;
mod twins;

use vicinfo::Error;
use vicinfo::entropy::KozachenkoLeonenko;
use vicinfo::information::{Ksg1, Ties};
use vicinfo::law::{self, JointGaussian, JointLaw, Law, Truth};
use vicinfo::neighbour::Norm;
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;
use vicinfo::uncertainty::{
    Calibration, Data, Information, Permutation, Quantity, Subsampling, Twins,
};

/// A statistic of pairs or points, without a truth.
struct Statistic<D>(fn(&D) -> Result<f64, Error>);

impl<D: Data> Quantity for Statistic<D> {
    type Data = D;

    fn estimate(&self, data: &D) -> Result<f64, Error> {
        (self.0)(data)
    }

    fn gaussian_truth(&self, _twins: &Twins<'_, D>) -> Result<f64, Error> {
        Ok(0.0)
    }
}

fn exact(truth: Truth) -> f64 {
    match truth {
        Truth::Exact(value) => value,
        other => panic!("{other:?}"),
    }
}

fn kl(k: usize) -> KozachenkoLeonenko {
    KozachenkoLeonenko::new(k, Norm::Euclidean).unwrap()
}

fn ksg(k: usize) -> Ksg1 {
    Ksg1::new(k, Ties::Reject).unwrap()
}

fn gaussian_points(dim: usize, n: usize, label: &str) -> Sample {
    let law = law::Gaussian::standard(dim).unwrap();
    law.sample(n, Seed::root(41).child(label))
}

fn gaussian_pairs(correlations: &[f64], n: usize, label: &str) -> Paired {
    let dim = correlations.len();
    let law = JointGaussian::sparse(dim, dim, correlations).unwrap();
    law.sample(n, Seed::root(42).child(label))
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let pairs = gaussian_pairs(&[0.4, 0.1], 300, "threads");
    let ksg = ksg(3);
    let all = || {
        let quantity = Information(&ksg);
        (
            Subsampling::new(&quantity, &pairs, Seed::root(70)).unwrap(),
            Permutation::new(&quantity, &pairs, 19, Seed::root(70)).unwrap(),
            Calibration::new(&quantity, &pairs, 10, Seed::root(70)).unwrap(),
        )
    };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        format!("{:?}", pool.install(all))
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(5));
}
