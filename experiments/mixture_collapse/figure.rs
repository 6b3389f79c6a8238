use vicinfo::figure::{Axis, Figure, Mark, Panel, Series};

use super::{NARROW, PICTURES, Part, RATIOS, Row, Setting, WIDE, of_setting, read_at, select};

const FROZEN: (Setting, f64) = (Setting::FrozenMeans, WIDE);
/// Trainings that are drawn.
const SHOWN: [(Setting, f64); 5] = [
    (Setting::OneHot, NARROW),
    FROZEN,
    (Setting::LogDet, 1.0),
    (Setting::Soft, WIDE),
    (Setting::Soft, 1.0),
];

/// A line with its 95 % band.
fn band<'a>(points: impl Iterator<Item = (f64, &'a Row)>) -> Mark {
    Mark::line_within_95(points.map(|(x, row)| (x, row.mean, row.std_error)))
}

fn over_horizon<'a>(rows: impl Iterator<Item = &'a Row>) -> Mark {
    band(rows.map(|row| (row.horizon, row)))
}

/// A share in full where that is short, else by its order.
fn digits(share: f64) -> String {
    if share < 0.01 {
        format!("{share:.0e}")
    } else {
        format!("{share:.2}")
    }
}

/// What the start is shown as.
const BEFORE: (Setting, f64) = (Setting::Soft, NARROW);
/// A vermilion cross: it leaves visible what it stands on.
const MEANS: usize = 37;

/// How many places points are at that a marker can show apart.
fn places<'a>(points: impl Iterator<Item = &'a Row>) -> usize {
    let mut places: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points.filter_map(|row| Some((row.x?, row.mean))) {
        if places
            .iter()
            .all(|other| (other.0 - x).hypot(other.1 - y) > 1e-3)
        {
            places.push((x, y));
        }
    }
    places.len()
}

fn count(number: usize, of: &str) -> String {
    match number {
        1 => format!("1 {of}"),
        _ => format!("{number} {of}s"),
    }
}

pub(super) fn moons(rows: &[Row]) -> Figure {
    let at = |quantity: &'static str, setting: (Setting, f64), horizon: f64| {
        of_setting(rows, Part::Picture, quantity, setting).filter(move |row| read_at(row, horizon))
    };
    let panel = |title: String, setting: (Setting, f64), horizon: f64| {
        let series = [
            ("inputs, upper moon", "upper_input", 1),
            ("inputs, lower moon", "lower_input", 3),
            ("means", "mean", MEANS),
        ];
        let series = series.map(|(label, quantity, style)| {
            let points = at(quantity, setting, horizon).filter_map(|row| Some((row.x?, row.mean)));
            Series::new(label, style, Mark::Points(points.collect()))
        });
        let ways = ["upper_input", "lower_input"]
            .into_iter()
            .flat_map(|quantity| {
                let from = at(quantity, BEFORE, 0.0);
                let to = at(quantity, setting, horizon);
                // Enough to see where all went.
                from.zip(to).step_by(4)
            });
        let ways = ways.filter_map(|(from, to)| {
            let ends = [(from.x?, from.mean), (to.x?, to.mean)];
            let stays = (ends[0].0 - ends[1].0).hypot(ends[0].1 - ends[1].1) <= 0.0;
            (!stays).then(|| Series::new("from where inputs came", 7, Mark::Dashed(ends.into())))
        });
        Panel {
            title,
            // A unit is as long on both axes: panels of three in a line are 4 wide and 3 high.
            x: Axis::linear("first coordinate / radius of a moon").between(-1.35, 2.33),
            y: Axis::linear("second coordinate / radius").between(-1.06, 1.7),
            series: ways.chain(series).collect(),
        }
    };
    let last = select(rows, Part::Picture, "mean")
        .map(|row| row.horizon)
        .fold(0.0, f64::max);
    let title = |(setting, std): (Setting, f64)| {
        let name = match setting {
            Setting::Soft => format!("soft, s = {std}"),
            Setting::OneHot => "one-hot".to_owned(),
            Setting::FrozenMeans => format!("frozen means, s = {std}"),
            Setting::LogDet => format!("log-determinant, s = {std}"),
            Setting::FixedInputs => format!("fixed inputs, s = {std}"),
        };
        let of = |quantity| at(quantity, (setting, std), last);
        let inputs = places(of("upper_input").chain(of("lower_input")));
        let means = places(of("mean"));
        match inputs {
            // Inputs that lie with the means; elsewhere all are apart.
            few if few <= means => format!("{name}: inputs at {}", count(inputs, "point")),
            _ => format!("{name}: {} left", count(means, "mean")),
        }
    };
    let before = panel("before: ten means on inputs".into(), BEFORE, 0.0);
    let after = PICTURES.map(|setting| panel(title(setting), setting, last));
    Figure {
        id: "moons".into(),
        title: "Two moons and ten means, before and after training".into(),
        panels: [before].into_iter().chain(after).collect(),
        columns: 3,
        caption: "One start. Inputs and means follow the gradient at equal rates to horizon 20, except in the last panel, where the inputs are fixed and the means come to rest. Above: before; soft posteriors with components of standard deviation s = 0.5 bring inputs and means to one point, one-hot posteriors leave clusters. Below: narrow components, whose clusters are too far apart to meet by then; the log-determinant of the inputs at weight 0.1, which keeps their covariance at 0.1 I although all means are at one point; fixed inputs under components of covariance I, whose means are all at the centroid. Dashes lead from where every fourth input was to where it is. Where inputs have come to points, markers lie on each other, with the means on top.".into(),
    }
}

pub(super) fn spread(rows: &[Row]) -> Figure {
    let label = |(setting, std): (Setting, f64)| match setting {
        Setting::Soft => format!("soft, s = {std}"),
        Setting::OneHot => "one-hot".to_owned(),
        Setting::FrozenMeans => format!("frozen means, s = {std}"),
        Setting::LogDet => format!("with log-determinant, s = {std}"),
        Setting::FixedInputs => format!("fixed inputs, s = {std}"),
    };
    let style = |(setting, std): (Setting, f64)| match setting {
        Setting::Soft if std < 0.2 => 1,
        Setting::Soft if std < 0.28 => 11,
        Setting::Soft if std < 0.35 => 12,
        Setting::Soft if std < 0.45 => 13,
        Setting::Soft if std < 0.7 => 2,
        Setting::Soft => 4,
        Setting::OneHot => 3,
        Setting::FrozenMeans => 5,
        Setting::LogDet | Setting::FixedInputs => 7,
    };
    let panel = |title: &str, part: Part, settings: Vec<(Setting, f64)>| Panel {
        title: title.into(),
        x: Axis::log("horizon (rate of the inputs times steps)"),
        y: Axis::linear("spread left (share of the first)").between(0.0, 1.05),
        series: (settings.into_iter())
            .map(|setting| {
                let rows =
                    of_setting(rows, part, "share", setting).filter(|row| row.horizon > 0.05);
                Series::new(label(setting), style(setting), over_horizon(rows))
            })
            .collect(),
    };
    let mut long: Vec<(Setting, f64)> = Vec::new();
    for row in select(rows, Part::Time, "share") {
        let setting = (row.setting, row.std);
        if row.setting == Setting::Soft && !long.contains(&setting) {
            long.push(setting);
        }
    }
    let clusters = |quantity: &'static str| {
        select(rows, Part::Clusters, quantity)
            .map(|row| ((2.0 * row.std * row.std).recip(), row.mean))
    };
    let frozen = of_setting(rows, Part::Training, "collapsed", FROZEN).last();
    let frozen = frozen.map_or_else(String::new, |row| {
        format!(
            ", frozen means in all but {:.0} of {} starts",
            row.mean * row.n as f64,
            row.n
        )
    });
    Figure {
        id: "spread".into(),
        title: "Inputs under soft posteriors collapse, the later the narrower the components"
            .into(),
        panels: vec![
            panel("what keeps a spread", Part::Training, SHOWN.into()),
            panel("soft posteriors, longer", Part::Time, long),
            Panel {
                title: "two clusters at distance D = 1".into(),
                x: Axis::linear("D² / 2 s²"),
                y: Axis::log("horizon to half the distance"),
                series: vec![
                    Series::new(
                        "integral of (1 + exp(D² / 2 s²)) / 2 D",
                        0,
                        Mark::Dashed(clusters("formula").collect()),
                    ),
                    Series::new(
                        "two clusters, measured",
                        1,
                        Mark::Points(clusters("half_horizon").collect()),
                    ),
                ],
            },
        ],
        columns: 3,
        caption: format!(
            "Trace of the inputs' covariance over the first, mean over the starts with 95 % bands. Left, rates 0.01: wide components collapse by horizon 20; one-hot posteriors keep a spread{frozen}, and so does a log-determinant of weight 0.1 at s = 1, namely 0.2 whatever it was. Middle, rates 0.1: the same for longer and narrower components; a mean over starts falls in steps, as start after start collapses. Right: two inputs with a mean on each, s from 1 to 0.2; the time grows as the exponential of D² / 2 s², without limit, but it is finite for every s."
        ),
    }
}

pub(super) fn rates(rows: &[Row]) -> Figure {
    let style = |ratio: f64| RATIOS.iter().position(|r| r.total_cmp(&ratio).is_eq());
    let panel = |std: f64| {
        let series = RATIOS.map(|ratio| {
            let label = if ratio > 0.0 {
                format!("means {ratio} times as fast as inputs")
            } else {
                "frozen means".to_owned()
            };
            let rows = of_setting(rows, Part::Rates, "share", (Setting::Soft, std))
                .filter(|row| row.weight.total_cmp(&ratio).is_eq());
            Series::new(label, 1 + style(ratio).unwrap_or(0), over_horizon(rows))
        });
        Panel {
            title: format!("soft posteriors, s = {std}"),
            x: Axis::log("horizon (rate of the inputs times steps)"),
            y: Axis::linear("spread left (share of the first)").between(0.0, 1.1),
            series: series.into(),
        }
    };
    let mut stds: Vec<f64> = Vec::new();
    for row in select(rows, Part::Rates, "share") {
        if stds.iter().all(|std| std.total_cmp(&row.std).is_ne()) {
            stds.push(row.std);
        }
    }
    // Frozen means are held against the inputs of every start, not of their mean alone.
    let frozen: Vec<String> = (stds.iter())
        .filter_map(|&std| {
            let of = |quantity| {
                of_setting(rows, Part::Rates, quantity, (Setting::Soft, std))
                    .filter(|row| row.weight <= 0.0)
                    .last()
            };
            let (share, least, most) = (of("share")?, of("smallest_share")?, of("largest_share")?);
            Some(format!(
                "{:.2} on average at s = {std}, by start from {} to {:.2}",
                share.mean,
                digits(least.mean),
                most.mean
            ))
        })
        .collect();
    Figure {
        id: "rates".into(),
        title: "At equal rate of the inputs and equal horizon, faster means hasten the collapse"
            .into(),
        panels: stds.into_iter().map(panel).collect(),
        columns: 2,
        caption: format!(
            "Trace of the inputs' covariance over the first, mean over the starts with 95 % bands, rate of the inputs 0.01. A ratio of 100 is a full step of the means to the centres of their inputs in every step. The faster the means, the sooner the inputs have lost their spread. Frozen means leave the most, but not in every start: at the end {}.",
            frozen.join("; ")
        ),
    }
}

pub(super) fn transition(rows: &[Row]) -> Figure {
    let of = |quantity: &'static str| select(rows, Part::Transition, quantity);
    let mean_of = |quantity| {
        let (sum, count) = of(quantity).fold((0.0, 0), |(sum, n), row| (sum + row.mean, n + 1));
        sum / f64::from(count)
    };
    let excess = mean_of("excess_kurtosis");
    let line = |slope: f64| {
        let (first, last) = of("share").fold((1.0_f64, 1.0_f64), |(low, high), row| {
            (low.min(row.std), high.max(row.std))
        });
        let below = (0..=40).map(|i| first + (1.0 - first) * f64::from(i) / 40.0);
        let points = below.map(|s| (s, slope * (1.0 - s * s)));
        Mark::Dashed(points.chain([(last, 0.0)]).collect())
    };
    let shares = of("share").map(|row| (row.std, row.mean, row.std_error));
    let scale = select(rows, Part::Scale, "share");
    Figure {
        id: "transition".into(),
        title: "The means of fixed inputs all collapse where s² reaches the largest eigenvalue of the inputs' covariance".into(),
        panels: vec![
            Panel {
                title: "around the transition".into(),
                x: Axis::linear("s / √l, l the largest eigenvalue"),
                y: Axis::linear("spread of the means / l"),
                series: vec![
                    Series::new(
                        "theory, first order, two clusters of means",
                        0,
                        line(1.0 / (1.0 + excess / 3.0)),
                    ),
                    Series::new("theory for Gaussian inputs", 7, line(1.0)),
                    Series::new("means at rest", 1, Mark::points_within_95(shares)),
                ],
            },
            Panel {
                title: "components of covariance I, inputs in other units".into(),
                x: Axis::log("radius of the moons / s"),
                y: Axis::linear("spread of the means / that of the inputs"),
                series: vec![
                    Series::new(
                        "largest eigenvalue = s²",
                        2,
                        Mark::Vertical(1.0 / mean_of("critical")),
                    ),
                    Series::new(
                        "means at rest",
                        1,
                        Mark::points_within_95(
                            scale.map(|row| (row.weight, row.mean, row.std_error)),
                        ),
                    ),
                ],
            },
        ],
        columns: 2,
        caption: "Expectation-maximisation on two moons, ten means, to rest; 95 % bars are narrower than the marks. Left: black is (1 - s²/l) / (1 + k/3) in units of the largest eigenvalue l, k the excess kurtosis of the inputs along its axis, exact to first order where half of the means go to either side; grey is 1 - s²/l, as for Gaussian inputs. Right: whether centres of covariance I stay apart is a matter of the unit of the inputs.".into(),
    }
}
