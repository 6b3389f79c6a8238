//! Laws under names, for the command line.
//!
//! A name is a family with its numbers, behind any number of maps: `multinormal-sparse-5-5-2-2.0`,
//! `spiral-normal_cdf-multinormal-sparse-5-5-2-2.0` (the map that is nearest to the family comes
//! first). [`listed`] gives the names that are in use; other numbers and other maps are names too.

use std::str::FromStr;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

use super::{
    AdditiveUniform, Affine, Bijection, Composition, Coordinatewise, FourierCurve, Gaussian, Image,
    Injection, JointGaussian, JointImage, JointLaw, JointMixture, JointStudent, Law, Mixture,
    NoisyCopy, NormalToMixture, Spiral, StaggeredUniform, StudentT, SwissRoll, TwoViews,
    UniformBox, Wiggly, ZeroInflatedPoisson,
};
use crate::error::Error;
use crate::seed::Seed;

/// A law of points or of pairs.
pub enum Kind {
    /// Points, with a known entropy.
    Points(Box<dyn Law + Send>),
    /// Pairs, with a known information.
    Pairs(Box<dyn JointLaw + Send>),
}

/// Laws that differ in their numbers.
pub struct Family {
    /// The form of the names; a number stands where braces are. Names of pairs follow Czyż et al. 2023
    /// where they have the law.
    pub pattern: &'static str,
    /// One sentence with the same braces.
    pub summary: &'static str,
    build: fn(&Numbers) -> Result<Kind, Error>,
}

/// A map in front of a name.
pub struct Map {
    /// Its name.
    pub id: &'static str,
    /// What it makes of a law, as the beginning of a sentence.
    pub summary: &'static str,
    /// The maps of the halves, from their dimensions.
    halves: fn(usize, usize) -> Result<Halves, Error>,
    /// For laws of points, where the map has a density.
    points: Option<fn() -> Box<dyn Bijection>>,
}

type Halves = (Box<dyn Injection>, Box<dyn Injection>);

/// A law under a name.
pub struct Entry {
    /// Its name.
    pub id: String,
    /// One sentence.
    pub summary: String,
    maps: Vec<&'static Map>,
    family: &'static Family,
    numbers: Numbers,
}

/// The numbers in a name, as written, by the names in the braces.
struct Numbers {
    id: String,
    values: Vec<(&'static str, String)>,
}

/// The largest count in a name: truths by Monte Carlo then take a minute at most.
const LARGEST: usize = 100;
/// The largest number in a name: no map takes points of such laws out of the doubles.
const LARGEST_REAL: f64 = 1e6;

impl Numbers {
    fn value<T: FromStr>(&self, name: &'static str, requirement: &str) -> Result<T, Error> {
        let (_, text) = (self.values.iter())
            .find(|(known, _)| *known == name)
            .expect("the name stands in the family's pattern");
        text.parse()
            .map_err(|_| Error::invalid(name, text, requirement))
    }

    fn real(&self, name: &'static str) -> Result<f64, Error> {
        let requirement = format!("a number from -{LARGEST_REAL:e} to {LARGEST_REAL:e}");
        let value: f64 = self.value(name, &requirement)?;
        if value.abs() <= LARGEST_REAL {
            Ok(value)
        } else {
            Err(Error::invalid(name, format!("{value:e}"), requirement))
        }
    }

    fn whole(&self, name: &'static str) -> Result<usize, Error> {
        let requirement = format!("a whole number from 1 to {LARGEST}");
        let value: usize = self.value(name, &requirement)?;
        if (1..=LARGEST).contains(&value) {
            Ok(value)
        } else {
            Err(Error::invalid(name, value, requirement))
        }
    }

    /// The stream of what the law draws for its truth.
    fn seed(&self) -> Seed {
        Seed::root(0).child(&self.id)
    }
}

impl Entry {
    /// Makes the law. Laws without a closed form draw for their truth: up to some seconds.
    ///
    /// # Errors
    /// As the law's `new`; [`Error::InvalidParameter`] for a number that cannot be read, or a map that
    /// does not go with the law.
    pub fn build(&self) -> Result<Kind, Error> {
        let base = (self.family.build)(&self.numbers)?;
        // The map nearest to the family comes first.
        self.maps
            .iter()
            .enumerate()
            .rev()
            .try_fold(base, |kind, (i, map)| {
                let before = self.maps.get(i + 1);
                let inside = before.is_some_and(|map| map.id == "normal_cdf")
                    || (before.is_none() && self.family.pattern.starts_with("1v1-additive"));
                if map.id == "swissroll_x" && !inside {
                    return Err(Error::invalid(
                        "law",
                        &self.id,
                        "swissroll_x takes numbers from 0 to 1, as normal_cdf makes them",
                    ));
                }
                match kind {
                    Kind::Pairs(law) => {
                        let (dim_x, dim_y) = law.dims();
                        let (x, y) = (map.halves)(dim_x, dim_y)?;
                        pairs(JointImage::new(law, x, y)?)
                    }
                    Kind::Points(law) => {
                        let make = map.points.ok_or_else(|| {
                            Error::invalid("law", &self.id, format!("{} takes pairs", map.id))
                        })?;
                        points(Image::new(
                            law,
                            make(),
                            MANY_DRAWS,
                            self.numbers.seed().child(i),
                        )?)
                    }
                }
            })
    }
}

/// The law of this name.
///
/// # Errors
/// [`Error::UnknownName`]. Numbers are read when the law is built.
pub fn named(id: &str) -> Result<Entry, Error> {
    let mut rest: Vec<&str> = id.split('-').collect();
    let mut maps = Vec::new();
    while let Some(map) = MAPS.iter().find(|map| rest.first() == Some(&map.id)) {
        maps.push(map);
        rest.remove(0);
    }
    let (family, values) = FAMILIES
        .iter()
        .find_map(|family| Some((family, read(family.pattern, &rest)?)))
        .ok_or_else(|| {
            let maps = MAPS.iter().map(|map| format!("{}-...", map.id));
            let families = FAMILIES.iter().map(|family| family.pattern.to_owned());
            Error::UnknownName {
                kind: "law",
                name: id.to_owned(),
                known: families.chain(maps).collect::<Vec<_>>().join(", "),
            }
        })?;
    let mut summary: String = maps.iter().map(|map| format!("{} ", map.summary)).collect();
    summary += family.summary;
    for (name, text) in &values {
        summary = summary.replace(&format!("{{{name}}}"), text);
    }
    Ok(Entry {
        id: id.to_owned(),
        summary,
        maps,
        family,
        numbers: Numbers {
            id: id.to_owned(),
            values,
        },
    })
}

/// The numbers where the pattern has braces, if everything else agrees.
fn read(pattern: &'static str, name: &[&str]) -> Option<Vec<(&'static str, String)>> {
    let parts: Vec<&str> = pattern.split('-').collect();
    if parts.len() != name.len() {
        return None;
    }
    let mut values = Vec::new();
    for (part, text) in parts.into_iter().zip(name) {
        let Some((before, (number, after))) = part
            .split_once('{')
            .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        else {
            if part != *text {
                return None;
            }
            continue;
        };
        let value = text.strip_prefix(before)?.strip_suffix(after)?;
        values.push((number, value.to_owned()));
    }
    Some(values)
}

fn points(law: impl Law + Send + 'static) -> Result<Kind, Error> {
    Ok(Kind::Points(Box::new(law)))
}

fn pairs(law: impl JointLaw + Send + 'static) -> Result<Kind, Error> {
    Ok(Kind::Pairs(Box::new(law)))
}

/// Draws for a truth where one costs less than a microsecond; standard errors are then below 0.002 nats.
const MANY_DRAWS: usize = 1_000_000;
/// Draws for a truth where one costs some ten microseconds.
const FEW_DRAWS: usize = 40_000;
/// Products that a truth by Monte Carlo may take: half a minute of a core.
const MOST_PRODUCTS: f64 = 1e10;

fn both(map: Coordinatewise) -> Result<Halves, Error> {
    Ok((Box::new(map), Box::new(map)))
}

/// Every map that may stand in front of a name.
pub const MAPS: &[Map] = &[
    Map {
        id: "asinh",
        summary: "asinh of every coordinate of",
        halves: |_, _| both(Coordinatewise::Asinh),
        points: Some(|| Box::new(Coordinatewise::Asinh)),
    },
    Map {
        id: "half_cube",
        summary: "x sqrt|x| of every coordinate of",
        halves: |_, _| both(Coordinatewise::HalfCube),
        points: Some(|| Box::new(Coordinatewise::HalfCube)),
    },
    Map {
        id: "normal_cdf",
        summary: "normal distribution function of every coordinate of",
        halves: |_, _| both(Coordinatewise::NormalCdf),
        points: Some(|| Box::new(Coordinatewise::NormalCdf)),
    },
    Map {
        id: "wiggly",
        summary: "ripples on every coordinate of",
        halves: |_, _| {
            let x = vec![[0.4, 1.0, 0.0], [0.2, 1.7, 1.0], [0.03, 3.3, -2.5]];
            let y = vec![[-0.4, 0.4, 0.0], [0.17, 1.3, 3.5], [0.02, 4.3, -2.5]];
            Ok((Box::new(Wiggly::new(x)?), Box::new(Wiggly::new(y)?)))
        },
        points: None,
    },
    Map {
        id: "spiral",
        summary: "spirals, in the first two coordinates of X and the next two of Y, of",
        halves: |dim_x, dim_y| {
            let x = Spiral::new(dim_x, (0, 1), 1.0 / dim_x as f64)?;
            let y = Spiral::new(dim_y, (1, 2), 1.0 / dim_y as f64)?;
            Ok((Box::new(x), Box::new(y)))
        },
        points: None,
    },
    Map {
        id: "swissroll_x",
        summary: "X rolled up in the plane, of",
        halves: |_, _| Ok((Box::new(SwissRoll), Box::new(Composition::new(Vec::new())?))),
        points: None,
    },
];

/// The correlation between `s U + N` and `s U + N'`.
fn correlation(strength: f64) -> f64 {
    strength * strength / (1.0 + strength * strength)
}

/// Gaussian pairs in which `pairs` pairs of coordinates are correlated.
fn sparse(numbers: &Numbers) -> Result<JointGaussian, Error> {
    let rho = correlation(numbers.real("strength")?);
    JointGaussian::sparse(
        numbers.whole("dim_x")?,
        numbers.whole("dim_y")?,
        &vec![rho; numbers.whole("pairs")?],
    )
}

fn square(entries: &[f64]) -> DMatrix<f64> {
    let dim = entries.len().isqrt();
    DMatrix::from_row_slice(dim, dim, entries)
}

/// Every family of laws.
pub const FAMILIES: &[Family] = &[
    Family {
        pattern: "gaussian-{dim}",
        summary: "standard Gaussian in R^{dim}",
        build: |numbers| points(Gaussian::standard(numbers.whole("dim")?)?),
    },
    Family {
        pattern: "gaussian-correlated-2-{rho}",
        summary: "Gaussian in two dimensions, unit variances, correlation {rho}",
        build: |numbers| {
            let rho = numbers.real("rho")?;
            points(Gaussian::new(
                DVector::zeros(2),
                &square(&[1.0, rho, rho, 1.0]),
            )?)
        },
    },
    Family {
        pattern: "mixture-{dim}-{components}-{spread}",
        summary: "{components} unit Gaussians in R^{dim}, equal weights, normal means of standard deviation {spread}",
        build: |numbers| {
            let (dim, count) = (numbers.whole("dim")?, numbers.whole("components")?);
            let means = normal_means(numbers, dim, count)?;
            points(Mixture::new(
                vec![1.0 / count as f64; count],
                means,
                vec![DMatrix::identity(dim, dim); count],
            )?)
        },
    },
    Family {
        pattern: "uniform-box-{dim}",
        summary: "uniform on a box in R^{dim} with the sides 1, 2, 4, ...",
        build: |numbers| {
            let dim = numbers.whole("dim")?;
            let sides = (0..dim).map(|j| 2.0_f64.powi(j as i32)).collect();
            points(UniformBox::new(vec![0.0; dim], sides)?)
        },
    },
    Family {
        pattern: "student-{dim}-{df}",
        summary: "Student-t in R^{dim}, degrees of freedom {df}",
        build: |numbers| {
            points(StudentT::standard(
                numbers.whole("dim")?,
                numbers.real("df")?,
            )?)
        },
    },
    Family {
        pattern: "affine-uniform-box-2",
        summary: "uniform on a parallelogram: the unit square under [[1, 2], [0, 3]]",
        build: |_| {
            let map = Affine::new(square(&[1.0, 2.0, 0.0, 3.0]), vec![0.0; 2])?;
            let law = Box::new(UniformBox::unit(2)?);
            points(Image::new(law, Box::new(map), 0, Seed::root(0))?)
        },
    },
    Family {
        pattern: "1v1-normal-{rho}",
        summary: "Gaussian pairs, 1 x 1, correlation {rho}",
        build: |numbers| pairs(JointGaussian::sparse(1, 1, &[numbers.real("rho")?])?),
    },
    Family {
        pattern: "1v1-additive-{noise}",
        summary: "X uniform on [0, 1], Y = X + noise uniform on [-{noise}, {noise}]",
        build: |numbers| pairs(AdditiveUniform::new(numbers.real("noise")?)?),
    },
    Family {
        pattern: "1v1-bimodal-{rho}",
        summary: "two normal peaks in either half, and the copula of Gaussian pairs of correlation {rho}",
        build: |numbers| {
            let law = JointGaussian::sparse(1, 1, &[numbers.real("rho")?])?;
            let x = NormalToMixture::new(vec![0.3, 0.7], vec![0.0, 5.0])?;
            let y = NormalToMixture::new(vec![0.5, 0.5], vec![-1.0, 3.0])?;
            pairs(JointImage::new(Box::new(law), Box::new(x), Box::new(y))?)
        },
    },
    Family {
        pattern: "multinormal-dense-{dim_x}-{dim_y}-{rho}",
        summary: "Gaussian pairs, {dim_x} x {dim_y}, all correlations {rho}",
        build: |numbers| {
            let (dim_x, dim_y) = (numbers.whole("dim_x")?, numbers.whole("dim_y")?);
            pairs(JointGaussian::dense(dim_x, dim_y, numbers.real("rho")?)?)
        },
    },
    Family {
        pattern: "multinormal-sparse-{dim_x}-{dim_y}-{pairs}-{strength}",
        summary: "Gaussian pairs, {dim_x} x {dim_y}, {pairs} pairs of coordinates with correlation s^2/(1 + s^2), s = {strength}",
        build: |numbers| pairs(sparse(numbers)?),
    },
    Family {
        pattern: "student-identity-{dim_x}-{dim_y}-{df}",
        summary: "Student-t pairs, {dim_x} x {dim_y}, uncorrelated, degrees of freedom {df}",
        build: |numbers| {
            let (dim_x, dim_y) = (numbers.whole("dim_x")?, numbers.whole("dim_y")?);
            pairs(JointStudent::identity(dim_x, dim_y, numbers.real("df")?)?)
        },
    },
    Family {
        pattern: "1v1-X-{rho}",
        summary: "mixture of two Gaussian pairs of correlations {rho} and -{rho}",
        build: |numbers| {
            let rho = numbers.real("rho")?;
            let arm = |rho: f64| square(&[1.0, rho, rho, 1.0]);
            pairs(JointMixture::new(
                1,
                vec![0.5; 2],
                DMatrix::zeros(2, 2),
                vec![arm(-rho), arm(rho)],
                MANY_DRAWS,
                numbers.seed(),
            )?)
        },
    },
    Family {
        pattern: "1v1-AI",
        summary: "mixture of six Gaussian pairs in the shape of the letters A and I",
        build: |numbers| {
            let means = [
                [1.0, 0.0],
                [1.0, 1.0],
                [1.0, -1.0],
                [-0.8, -0.2],
                [-1.2, 0.0],
                [-0.4, 0.0],
            ];
            let leg = 0.95 * (0.04 * 0.2_f64).sqrt();
            let covariances = [
                [0.01, 0.0, 0.2],
                [0.05, 0.0, 0.001],
                [0.05, 0.0, 0.001],
                [0.03, 0.0, 0.001],
                [0.04, leg, 0.2],
                [0.04, -leg, 0.2],
            ];
            pairs(JointMixture::new(
                1,
                vec![1.0 / 6.0; 6],
                DMatrix::from_fn(2, 6, |i, j| means[j][i]),
                covariances
                    .map(|[x, xy, y]| square(&[x, xy, xy, y]))
                    .to_vec(),
                MANY_DRAWS,
                numbers.seed(),
            )?)
        },
    },
    Family {
        pattern: "2v1-galaxy-{speed}-{distance}",
        summary: "mixture of two unit Gaussians, {distance} apart in every coordinate, X in a spiral of speed {speed}",
        build: |numbers| {
            let half = 0.5 * numbers.real("distance")?;
            let law = JointMixture::new(
                2,
                vec![0.5; 2],
                DMatrix::from_fn(3, 2, |_, j| if j == 0 { -half } else { half }),
                vec![DMatrix::identity(3, 3); 2],
                MANY_DRAWS,
                numbers.seed(),
            )?;
            let spiral = Spiral::new(2, (0, 1), numbers.real("speed")?)?;
            let same = Composition::new(Vec::new())?;
            pairs(JointImage::new(
                Box::new(law),
                Box::new(spiral),
                Box::new(same),
            )?)
        },
    },
    Family {
        pattern: "{dim}v1-concentric_gaussians-{components}",
        summary: "Gaussians of standard deviation 1 to {components} in R^{dim}, and a noisy label of each",
        build: |numbers| {
            let (dim, count) = (numbers.whole("dim")?, numbers.whole("components")?);
            let mut means = DMatrix::zeros(dim + 1, count);
            let covariances = (1..=count).map(|i| {
                let std = i as f64;
                means[(dim, i - 1)] = std;
                let mut variances = DVector::from_element(dim + 1, std * std);
                variances[dim] = 1e-4;
                DMatrix::from_diagonal(&variances)
            });
            let covariances = covariances.collect();
            pairs(JointMixture::new(
                dim,
                vec![1.0 / count as f64; count],
                means,
                covariances,
                FEW_DRAWS * 10,
                numbers.seed(),
            )?)
        },
    },
    Family {
        pattern: "mult-sparse-w-inliers-{dim_x}-{dim_y}-{pairs}-{strength}-{share}",
        summary: "multinormal-sparse-{dim_x}-{dim_y}-{pairs}-{strength}, but independent halves in the share {share} of the pairs",
        build: |numbers| {
            let share = numbers.real("share")?;
            let signal = sparse(numbers)?;
            let (dim_x, dim_y) = signal.dims();
            let dim = dim_x + dim_y;
            let covariance = signal.moments().map(|m| m.covariance);
            pairs(JointMixture::new(
                dim_x,
                vec![1.0 - share, share],
                DMatrix::zeros(dim, 2),
                covariance
                    .into_iter()
                    .chain([DMatrix::identity(dim, dim)])
                    .collect(),
                FEW_DRAWS * 10,
                numbers.seed(),
            )?)
        },
    },
    Family {
        pattern: "staggered_uniform-{letters}",
        summary: "X a letter of {letters}, Y uniform on [X, X + 2]: discrete and continuous",
        build: |numbers| {
            let letters = numbers.value("letters", "a whole number, at least 2")?;
            pairs(StaggeredUniform::new(letters)?)
        },
    },
    Family {
        pattern: "zero_inflated_poisson-{share}",
        summary: "X exponential, Y a Poisson number of mean X, or 0 in the share {share}",
        build: |numbers| pairs(ZeroInflatedPoisson::new(numbers.real("share")?)?),
    },
    Family {
        pattern: "noisy_copy-{dim}-{noise}",
        summary: "X standard normal in R^{dim}, Y = X + {noise} times standard normal noise",
        build: |numbers| {
            pairs(NoisyCopy::new(
                numbers.whole("dim")?,
                numbers.real("noise")?,
            )?)
        },
    },
    Family {
        pattern: "cube_code-{bits}-{noise}",
        summary: "two views, with noise {noise}, of one of the corners of the cube of {bits} signs",
        build: |numbers| {
            let bits = numbers.value("bits", "a whole number from 1 to 12")?;
            pairs(TwoViews::cube(bits, numbers.real("noise")?)?)
        },
    },
    Family {
        pattern: "parity_code-{bits}-{noise}",
        summary: "two views, with noise {noise}, of the products of all sets of {bits} random signs (of two: XOR)",
        build: |numbers| {
            let bits = numbers.value("bits", "a whole number from 2 to 8")?;
            let noise = numbers.real("noise")?;
            pairs(TwoViews::parity(
                bits,
                noise,
                FEW_DRAWS * 5,
                numbers.seed(),
            )?)
        },
    },
    Family {
        pattern: "fourier_code-{harmonics}-{noise}",
        summary: "two views, with noise {noise}, of a point of a closed curve with {harmonics} harmonics",
        build: |numbers| {
            let harmonics = numbers.whole("harmonics")?;
            let noise = numbers.real("noise")?;
            let draws = FourierCurve::affordable_draws(harmonics, noise, FEW_DRAWS, MOST_PRODUCTS);
            pairs(FourierCurve::new(harmonics, noise, draws, numbers.seed())?)
        },
    },
    Family {
        pattern: "prototypes-{dim}-{components}-{spread}-{noise}",
        summary: "two views, with noise {noise}, of one of {components} normal prototypes of standard deviation {spread} in R^{dim}",
        build: |numbers| {
            let (dim, count) = (numbers.whole("dim")?, numbers.whole("components")?);
            let means = normal_means(numbers, dim, count)?;
            pairs(TwoViews::new(
                vec![1.0 / count as f64; count],
                means,
                numbers.real("noise")?,
                FEW_DRAWS * 5,
                numbers.seed().child("information"),
            )?)
        },
    },
];

/// Normal means times a spread. Their stream names their numbers alone: other noise, another spread
/// and maps in front of the name leave the pattern of the means as it is.
fn normal_means(numbers: &Numbers, dim: usize, count: usize) -> Result<DMatrix<f64>, Error> {
    let spread = numbers.real("spread")?;
    let stream = Seed::root(0).child("means").child(dim).child(count);
    let mut rng = stream.rng();
    Ok(DMatrix::from_fn(dim, count, |_, _| {
        spread * rng.sample::<f64, _>(StandardNormal)
    }))
}

/// The 40 tasks of Czyż et al. 2023 (arXiv 2306.11078), in their order.
pub const BENCHMARK: [&str; 40] = [
    "1v1-normal-0.75",
    "normal_cdf-1v1-normal-0.75",
    "1v1-additive-0.1",
    "1v1-additive-0.75",
    "1v1-bimodal-0.75",
    "wiggly-1v1-normal-0.75",
    "half_cube-1v1-normal-0.75",
    "student-identity-1-1-1",
    "asinh-student-identity-1-1-1",
    "swissroll_x-normal_cdf-1v1-normal-0.75",
    "multinormal-dense-2-2-0.5",
    "multinormal-dense-3-3-0.5",
    "multinormal-dense-5-5-0.5",
    "multinormal-dense-25-25-0.5",
    "multinormal-dense-50-50-0.5",
    "multinormal-sparse-2-2-2-2.0",
    "multinormal-sparse-3-3-2-2.0",
    "multinormal-sparse-5-5-2-2.0",
    "multinormal-sparse-25-25-2-2.0",
    "student-identity-2-2-1",
    "student-identity-2-2-2",
    "student-identity-3-3-2",
    "student-identity-3-3-3",
    "student-identity-5-5-2",
    "student-identity-5-5-3",
    "normal_cdf-multinormal-sparse-3-3-2-2.0",
    "normal_cdf-multinormal-sparse-5-5-2-2.0",
    "normal_cdf-multinormal-sparse-25-25-2-2.0",
    "half_cube-multinormal-sparse-3-3-2-2.0",
    "half_cube-multinormal-sparse-5-5-2-2.0",
    "half_cube-multinormal-sparse-25-25-2-2.0",
    "spiral-multinormal-sparse-3-3-2-2.0",
    "spiral-multinormal-sparse-5-5-2-2.0",
    "spiral-multinormal-sparse-25-25-2-2.0",
    "spiral-normal_cdf-multinormal-sparse-3-3-2-2.0",
    "spiral-normal_cdf-multinormal-sparse-5-5-2-2.0",
    "spiral-normal_cdf-multinormal-sparse-25-25-2-2.0",
    "asinh-student-identity-2-2-1",
    "asinh-student-identity-3-3-2",
    "asinh-student-identity-5-5-2",
];

/// Names of laws beside [`BENCHMARK`].
const OTHERS: [&str; 33] = [
    "gaussian-2",
    "gaussian-correlated-2-0.8",
    "gaussian-16",
    "mixture-2-8-4",
    "uniform-box-3",
    "student-2-3",
    "affine-uniform-box-2",
    "asinh-student-2-3",
    "1v1-X-0.9",
    "1v1-AI",
    "2v1-galaxy-0.5-3.0",
    "3v1-concentric_gaussians-5",
    "mult-sparse-w-inliers-5-5-2-2.0-0.2",
    "staggered_uniform-5",
    "zero_inflated_poisson-0",
    "zero_inflated_poisson-0.15",
    "noisy_copy-1-1",
    "noisy_copy-1-0.1",
    "noisy_copy-1-0.01",
    "noisy_copy-1-0.001",
    "noisy_copy-5-0.1",
    "cube_code-3-0.1",
    "cube_code-7-0.1",
    "cube_code-7-1",
    "parity_code-2-0.1",
    "parity_code-3-0.1",
    "parity_code-3-1",
    "fourier_code-3-0.1",
    "fourier_code-3-1",
    "prototypes-2-8-1-0.5",
    "prototypes-8-64-1-0.5",
    "prototypes-8-64-1-1",
    "prototypes-8-64-1-2",
];

/// The laws that are listed: [`BENCHMARK`] and others that are in use.
pub fn listed() -> impl Iterator<Item = Entry> {
    (OTHERS.iter().chain(&BENCHMARK)).map(|id| named(id).expect("a listed name has a family"))
}
