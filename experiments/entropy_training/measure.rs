use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::seed::Seed;
use vicinfo::training::{Course, Monitor, Preset, Run};

use super::{Cell, QUANTITIES, Row};

pub(super) fn training(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let source = inputs.source()?;
    let images = source.split(None, cell.known, cell.fresh, seed.child("images"))?;
    let monitor = Monitor::new(images, source.augmentation(), seed.child("monitor"));
    let known = &monitor.known;
    let preset = Preset::named(cell.method)?;
    let course = Course::small(preset, monitor.augmentation, known.n(), cell.epochs)?;
    let mut run = Run::<f32>::new(course, known, seed.child("run"))?;
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
                data: cell.data.clone(),
                method: cell.method.to_owned(),
                replicate: cell.replicate,
                step,
                epoch: step as f64 / run.per_epoch() as f64,
                quantity: reading.name.to_owned(),
                value,
            });
        }
    }
    Ok(rows)
}
