use vicinfo::Error;
use vicinfo::experiment::Inputs;
use vicinfo::image::Source;
use vicinfo::seed::Seed;
use vicinfo::training::{Course, Monitor, Preset, Run};

use super::{Cell, QUANTITIES, Row};

/// Standard deviation of an embedding below which a model counts as collapsed.
const COLLAPSED: f64 = 0.05;
/// Images that entropies take.
pub(super) const MOST: usize = 2000;

/// The images that networks are trained on.
pub(super) fn source(inputs: &Inputs) -> Result<Source, Error> {
    Source::choose(inputs.dataset.as_deref(), inputs.images.as_deref())
}

pub(super) fn training(cell: &Cell, inputs: &Inputs, seed: Seed) -> Result<Vec<Row>, Error> {
    let source = source(inputs)?;
    let [known, fresh] = source.split(None, cell.known, cell.fresh, seed.child("images"))?;
    let preset = Preset::named(cell.method)?;
    let augmentation = source.augmentation();
    let course = Course::small(preset, augmentation, known.n(), cell.epochs)?;
    let monitor = Monitor {
        known: known.clone(),
        fresh,
        augmentation,
        seed: seed.child("monitor"),
        few: 1,
        most: MOST,
        collapsed: COLLAPSED,
    };
    let mut run = Run::<f32>::new(course, &known, seed.child("run"))?;
    let mut rows = Vec::new();
    while run.step()?.is_some() {
        let step = run.learner().steps();
        if step > 1 && !run.between_epochs() {
            continue;
        }
        // What cannot be said of a collapsed embedding is not in the table; its spread is.
        let readings = monitor.unlabelled(run.learner().model())?;
        rows.extend((readings.into_iter()).filter_map(|reading| {
            let value = reading.value.ok()?;
            QUANTITIES.contains(&reading.name).then(|| Row {
                data: cell.data.clone(),
                method: cell.method.to_owned(),
                replicate: cell.replicate,
                step,
                epoch: step as f64 / run.per_epoch() as f64,
                quantity: reading.name.to_owned(),
                value,
            })
        }));
    }
    Ok(rows)
}
