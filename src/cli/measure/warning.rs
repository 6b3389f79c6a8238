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
        let repeated = n - sample.distinct();
        if repeated > 0 {
            warnings.push(format!(
                "{label}{repeated} of {n} points repeat an earlier point"
            ));
        }
    }
    warnings
}
