//! Audits side by side.

use vicinfo::Error;
use vicinfo::audit::{Cell, Comparison, Missing, Reading, Row};

use super::{audit, constant, gaussian};

#[test]
fn audits_stand_side_by_side() {
    let [mut first, mut second] = [14, 15].map(|seed| audit(gaussian(&[0.5; 3], 200, seed)));
    assert!(matches!(
        Comparison::new(&[first.clone(), second.clone()]),
        Err(Error::InvalidParameter { .. })
    ));
    first.name = "first".into();
    second.name = "second".into();
    // A number that one of them has not, one that it could not have, and a note of its own beside one of both.
    let readings = &mut second.sections[0].readings;
    let lost = readings.remove(1).name;
    for reading in &mut readings[..2] {
        reading.value = None;
        reading.missing = Some(Missing {
            kind: "Planted".into(),
            message: "nobody knows".into(),
        });
    }
    let both = format!("{}; {}", readings[0].name, readings[1].name);
    second.sections[0].notes = vec!["of one".into(), "of both".into()];
    first.sections[0].notes = vec!["of both".into()];
    // Neighbours have no side where points have no density.
    let by_neighbours = |reading: &&mut Reading| reading.name == "kozachenko_leonenko";
    let mut readings = second.sections.iter_mut().flat_map(|s| &mut s.readings);
    readings.find(by_neighbours).unwrap().side = None;
    let comparison = Comparison::new(&[second, first.clone()]).unwrap();
    let cells = |name: &str| {
        let row = comparison.rows.iter().find(|row| row.name == name);
        row.map(|row| row.cells.clone()).unwrap()
    };
    let own = |place: usize| {
        let reading: &Reading = &first.sections[0].readings[place];
        Cell::Number {
            value: reading.value.unwrap(),
            std_error: reading.std_error,
            side: reading.side.clone(),
            points: 200,
        }
    };
    assert_eq!(cells(&lost), [Cell::NotRead, own(1)]);
    let refused = &cells(&first.sections[0].readings[0].name);
    assert_eq!(refused[0].text(), "none: Planted");
    assert_eq!(refused[1], own(0));
    let section = &first.sections[0].id;
    let notes: Vec<(&str, String)> = (comparison.notes.iter())
        .filter(|note| note.section == *section)
        .map(|note| (note.text.as_str(), note.of.join(" + ")))
        .collect();
    let missing = format!("{both}: nobody knows");
    let expected = [
        (missing.as_str(), "second"),
        ("of one", "second"),
        ("of both", "second + first"),
    ]
    .map(|(text, of)| (text, of.to_owned()));
    assert_eq!(notes, expected);
    let sides = |name: &str| {
        let row = comparison.rows.iter().find(|row| row.name == name);
        row.map(Row::sides).unwrap()
    };
    assert_eq!(sides("diagonal_gaussian"), "above");
    assert_eq!(sides("std"), "");
    assert_eq!(sides("kozachenko_leonenko"), "consistent / none");
    // It stands with its section.
    let sections: Vec<&str> = comparison
        .rows
        .iter()
        .map(|row| row.section.as_str())
        .collect();
    let mut once = sections.clone();
    once.dedup();
    let mut distinct = once.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(once.len(), distinct.len());
    assert!(comparison.html().contains("<th>second</th><th>first</th>"));
    assert!(
        comparison
            .html()
            .contains("<strong>second; first:</strong> of both")
    );
    assert!(Comparison::new(&[first.clone()]).is_err());
    // Of a collapsed embedding there is no entropy, and that is no dash.
    let mut point = audit(constant(200));
    point.name = "point".into();
    let comparison = Comparison::new(&[point, first]).unwrap();
    let row = comparison.rows.iter().find(|row| row.section == "entropy");
    assert_eq!(row.unwrap().cells[0], Cell::Collapsed);
}
