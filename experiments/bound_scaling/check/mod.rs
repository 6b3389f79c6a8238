mod complexity;
mod rate;
mod tightness;

use vicinfo::experiment::{Effect, Finding};

use super::source::Source;
use super::{Part, Row, select};

fn effect(row: &Row) -> Effect {
    Effect::new(row.mean, row.std_error)
}

fn only(row: Option<&Row>) -> Effect {
    row.map_or(Effect::exact(f64::NAN), effect)
}

/// The row of a quantity on one population, at the largest size.
pub(super) fn of<'a>(
    rows: &'a [Row],
    part: Part,
    source: Source,
    setting: &'a str,
    quantity: &'a str,
) -> Option<&'a Row> {
    select(rows, part, quantity)
        .filter(|row| row.source == source && row.setting == setting)
        .max_by_key(|row| row.n.max(row.m))
}

pub(super) fn all(rows: &[Row]) -> Vec<Finding> {
    vec![
        rate::rate(rows, Part::Labelled),
        rate::rate(rows, Part::Pairs),
        rate::rate(rows, Part::Both),
        rate::whole_rate(rows),
        rate::distance(rows),
        rate::near_dimension(rows),
        tightness::limit(rows),
        tightness::below_chance(rows),
        tightness::ranks(rows),
        tightness::invariance_ranks(rows),
        tightness::residual_ranks(rows),
        tightness::white_ranks(rows),
        tightness::certifies(rows),
        tightness::holds(rows, true),
        tightness::holds(rows, false),
        complexity::massart(rows),
        complexity::massart_is_near(rows),
        complexity::information(rows),
        complexity::linear(rows),
        complexity::losses(rows),
        complexity::networks(rows),
    ]
}
