use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::seed::Seed;

use super::{Cell, QUANTITIES, Row};

pub(super) fn training(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let trial = &cell.trial;
    let monitor = trial.monitor(&inputs.source()?, seed)?;
    let mut run = trial.run::<f32>(&monitor, seed)?;
    let mut rows = Vec::new();
    while run.step()?.is_some() {
        let step = run.learner().steps();
        let look = run.between_epochs() && cell.looks.contains(&(step / run.per_epoch()));
        if step > 1 && !look {
            continue;
        }
        for reading in monitor.unlabelled(run.learner().model())? {
            if !QUANTITIES.contains(&reading.name) {
                continue;
            }
            // What is not said of a collapsed embedding is not in the table; its spread is.
            let value = match reading.value {
                Err(Error::Collapsed { .. }) => continue,
                value => value?,
            };
            rows.push(Row {
                data: trial.data.clone(),
                method: trial.method.to_owned(),
                replicate: trial.replicate,
                step,
                epoch: step as f64 / run.per_epoch() as f64,
                quantity: reading.name.to_owned(),
                value,
            });
        }
    }
    Ok(rows)
}
