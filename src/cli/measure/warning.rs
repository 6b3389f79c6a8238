use vicinfo::sample::Sample;

/// What is worth knowing about the data whatever the estimator.
pub fn warnings(samples: &[(&str, &Sample)]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (label, sample) in samples {
        let (n, dim) = (sample.n(), sample.dim());
        if n <= dim {
            warnings.push(format!(
                "{label}{n} points in {dim} dimensions: no more points than coordinates"
            ));
        }
        let constant: Vec<String> = (0..dim)
            .filter(|&j| {
                sample
                    .coordinate(j)
                    .all(|v| v.total_cmp(&sample.point(0)[j]).is_eq())
            })
            .map(|j| j.to_string())
            .collect();
        if n > 1 && !constant.is_empty() {
            warnings.push(format!(
                "{label}constant coordinates (counted from 0): {}",
                constant.join(", ")
            ));
        }
        let repeated = n - distinct(sample);
        if repeated > 0 {
            warnings.push(format!(
                "{label}{repeated} of {n} points repeat an earlier point"
            ));
        }
    }
    warnings
}

fn distinct(sample: &Sample) -> usize {
    let mut order: Vec<&[f64]> = sample.points().collect();
    let compare = |a: &&[f64], b: &&[f64]| {
        a.iter()
            .zip(*b)
            .map(|(a, b)| a.total_cmp(b))
            .find(|o| o.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    order.sort_unstable_by(compare);
    order.dedup_by(|a, b| compare(a, b).is_eq());
    order.len()
}
