use std::process::ExitCode;

use nalgebra::DMatrix;
use serde_json::{Value, json};
use vicinfo::Error;
use vicinfo::finding::STANDARD_ERRORS;
use vicinfo::law::Mixture;
use vicinfo::network::pushforward::{OutputEntropy, Pushforward};
use vicinfo::stats::Summary;

use super::super::{Done, Format, aligned, print};
use super::Subject;

/// Entries of all covariances: with their factors they take 4 GiB.
const MOST_ENTRIES: usize = 1 << 28;

/// Arguments of `vicinfo network pushforward`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Standard deviation of the isotropic Gaussian around each point
    #[arg(long)]
    noise: f64,
    /// Draws of the input law
    #[arg(long, default_value_t = 4096)]
    draws: usize,
    /// Points that become components, of equal weight; of more, as many are taken evenly
    #[arg(long, default_value_t = 8)]
    components: usize,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

fn json_of(summary: &Summary) -> Value {
    json!({ "value": summary.mean, "std_error": summary.std_error })
}

fn brief(summary: &Summary) -> String {
    format!("{:.4e} ± {:.1e}", summary.mean, summary.std_error)
}

/// The kind of an entropy, its words and its JSON.
fn entropy(value: &OutputEntropy) -> (String, Value) {
    match value {
        OutputEntropy::Continuous { value, std_error } => (
            format!("{value:.4} ± {std_error:.4} nats"),
            json!({ "kind": "continuous", "value_nats": value, "std_error": std_error }),
        ),
        OutputEntropy::Manifold {
            dim,
            value,
            std_error,
        } => (
            format!(
                "{value:.4} ± {std_error:.4} nats on an image of {dim} dimensions; minus infinity in the space around"
            ),
            json!({ "kind": "manifold", "dim": dim, "value_nats": value, "std_error": std_error }),
        ),
        OutputEntropy::Folded {
            dim,
            upper,
            std_error,
        } => (
            format!(
                "at most {upper:.4} ± {std_error:.4} nats ({dim} dimensions; not certified one to one)"
            ),
            json!({ "kind": "folded", "dim": dim, "upper_nats": upper, "std_error": std_error }),
        ),
        OutputEntropy::Projected { dim } => (
            format!(
                "a density in {dim} dimensions, fewer than there are inputs: no change of variables gives its entropy"
            ),
            json!({ "kind": "projected", "dim": dim }),
        ),
        OutputEntropy::Degenerate {
            ranks,
            information_dimension,
        } => {
            let lowest = ranks.iter().position(|share| *share > 0.0).unwrap_or(0);
            let highest = ranks.iter().rposition(|share| *share > 0.0).unwrap_or(0);
            (
                format!(
                    "none: the map has rank {lowest} to {highest} of {}, information dimension {information_dimension:.2}",
                    ranks.len() - 1
                ),
                json!({ "kind": "degenerate", "rank_shares": ranks, "information_dimension": information_dimension }),
            )
        }
    }
}

/// A result, or what is to be said in its place.
fn or_error(result: Result<Value, Error>) -> Value {
    result.unwrap_or_else(
        |error| json!({ "error": { "kind": error.kind(), "message": error.to_string() } }),
    )
}

/// Prints escape probabilities, coupling bounds and the entropy.
pub fn run(arguments: &Arguments) -> Done {
    let subject = &arguments.subject;
    let network = subject.network()?;
    if !(arguments.noise > 0.0 && arguments.noise.is_finite()) {
        return Err(Error::invalid(
            "noise",
            arguments.noise,
            "a positive finite number",
        ));
    }
    if arguments.components == 0 {
        return Err(Error::invalid("components", 0, "at least 1"));
    }
    let (points, of) = subject.points(&network, arguments.components)?;
    let (n, dim) = (points.n(), points.dim());
    let variance = arguments.noise * arguments.noise;
    // Each component holds a dense covariance and its factor.
    if n.saturating_mul(dim.saturating_mul(dim)) > MOST_ENTRIES {
        return Err(Error::invalid(
            "components times the square of their dimension",
            format!("{n} times {dim} x {dim}"),
            format!("at most {MOST_ENTRIES}, which take 4 GiB: --components takes fewer points"),
        ));
    }
    let law = Mixture::new(
        vec![1.0 / n as f64; n],
        points.matrix().clone(),
        vec![DMatrix::from_diagonal_element(dim, dim, variance); n],
    )?;
    let pushforward = Pushforward::new(&network, &law)?;
    let seed = subject.seed().child("pushforward");
    let draws = arguments.draws;
    let bounds = pushforward.escape_bounds()?;
    let escapes = (0..n)
        .map(|i| pushforward.escape_probability(i, draws, seed.child("escape").child(i)))
        .collect::<Result<Vec<_>, _>>()?;
    let share = pushforward.escape_share(draws, seed.child("share"))?;
    let separation = pushforward.separation(16, draws, seed.child("separation"))?;
    let certified = (separation.mean - STANDARD_ERRORS * separation.std_error).max(0.0);
    let coupling = pushforward.coupling_bounds(draws, seed.child("coupling"));
    let output = pushforward.entropy(draws, seed.child("entropy"));
    // The mixture in place of the output: without noise it has a density where its maps are onto.
    let mixture = pushforward.output_mixture().smoothed(0.0).map(|mixture| {
        let bounds = mixture.bounds();
        let lower = (bounds.bhattacharyya_lower).max(bounds.expected_likelihood_lower);
        (lower, bounds.kl_upper.min(bounds.log_det_upper))
    });
    let ranks = (pushforward.output_mixture().components.iter())
        .map(|component| component.rank())
        .collect::<Result<Vec<_>, _>>()?;
    if arguments.format == Format::Json {
        let components: Vec<Value> = (0..n)
            .map(|i| {
                json!({
                    "escape_union_bound": bounds[i].union,
                    "escape_lower_bound": bounds[i].nearest,
                    "escape": json_of(&escapes[i]),
                    "rank": ranks[i],
                })
            })
            .collect();
        let value = json!({
            "network": super::name(&subject.file),
            "noise": arguments.noise,
            "points": { "n": n, "of": of, "origin": subject.origin() },
            "escape": json_of(&share),
            "total_variation": {
                "upper_bound": json_of(&share),
                "lower_bound": certified,
                "separation": json_of(&separation),
            },
            "coupling": or_error(coupling.map(|c| json!({
                "wasserstein_1": json_of(&c.wasserstein_1),
                "wasserstein_2": json_of(&c.wasserstein_2),
                "relative_wasserstein_2": c.relative_wasserstein_2,
            }))),
            "entropy": or_error(output.map(|value| entropy(&value).1)),
            "mixture_entropy": or_error(mixture.map(|(lower, upper)| json!({ "lower_nats": lower, "upper_nats": upper }))),
            "components": components,
        });
        print(&format!("{value:#}\n"));
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = vec![
        ["point", "leaves its region", "at least", "at most", "rank"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend((0..n).map(|i| {
        vec![
            i.to_string(),
            brief(&escapes[i]),
            format!("{:.4e}", bounds[i].nearest),
            format!("{:.4e}", bounds[i].union),
            ranks[i].to_string(),
        ]
    }));
    let mut text = format!(
        "{}: noise {} around {n} of {of} points {}\n\n{}\n",
        super::name(&subject.file),
        arguments.noise,
        subject.origin(),
        aligned(&rows)
    );
    text += &format!(
        "all points: the noise leaves the region with probability {}\n",
        brief(&share)
    );
    text += &format!(
        "total variation from the mixture of N(A x + b, A S A^T): at least {certified:.4e} ({} less {STANDARD_ERRORS} standard errors, or 0), at most that probability\n",
        brief(&separation)
    );
    match coupling {
        Ok(c) => {
            text += &format!(
                "distance from it: W1 at most {}, W2 at most {} ({})\n",
                brief(&c.wasserstein_1),
                brief(&c.wasserstein_2),
                match c.relative_wasserstein_2 {
                    Some(share) => format!("{share:.3} of the output's spread"),
                    None => "the output has no spread".to_owned(),
                }
            )
        }
        Err(error) => text += &format!("distances from it: {error}\n"),
    }
    match output {
        Ok(value) => text += &format!("entropy of the output: {}\n", entropy(&value).0),
        Err(error) => text += &format!("entropy of the output: {error}\n"),
    }
    match mixture {
        Ok((lower, upper)) => {
            text +=
                &format!("entropy of the mixture in its place: {lower:.4} to {upper:.4} nats\n");
        }
        Err(error) => text += &format!("entropy of the mixture in its place: {error}\n"),
    }
    print(&text);
    Ok(ExitCode::SUCCESS)
}
