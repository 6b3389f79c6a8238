use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use vicinfo::law::catalogue::{Kind, named};
use vicinfo::seed::Seed;
use vicinfo::{Error, array};

use super::list::truth;
use super::{Done, print};

/// Arguments of `vicinfo sample`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Name of the law; `vicinfo list` prints them
    law: String,
    /// Number of points or pairs
    #[arg(long)]
    n: usize,
    /// Root of the random stream
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File to write: .npz with the key x, or x and y
    #[arg(long, value_name = "FILE.npz")]
    out: PathBuf,
}

/// Draws, writes, and prints the truth as JSON.
pub fn run(arguments: &Arguments) -> Done {
    if arguments.n == 0 {
        return Err(Error::invalid("n", 0, "at least 1"));
    }
    if arguments
        .out
        .extension()
        .is_none_or(|ending| ending != "npz")
    {
        return Err(Error::invalid(
            "out",
            arguments.out.display(),
            "a name ending in .npz",
        ));
    }
    let entry = named(&arguments.law)?;
    let kind = entry.build()?;
    let seed = Seed::root(arguments.seed).child(&entry.id);
    let mut about = json!({
        "law": entry.id,
        "summary": entry.summary,
        "n": arguments.n,
        "seed": arguments.seed,
        "truth": truth(&kind),
    });
    match &kind {
        Kind::Points(law) => {
            about["dim"] = json!(law.dim());
            array::write_npz(&arguments.out, &law.sample(arguments.n, seed))?;
        }
        Kind::Pairs(law) => {
            let (dim_x, dim_y) = law.dims();
            about["dim_x"] = json!(dim_x);
            about["dim_y"] = json!(dim_y);
            array::write_paired_npz(&arguments.out, &law.sample(arguments.n, seed))?;
        }
    }
    print(&format!("{about:#}\n"));
    Ok(ExitCode::SUCCESS)
}
