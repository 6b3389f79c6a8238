use nalgebra::DMatrix;

use super::drawn::{Drawn, Signs};
use crate::bound::radius::not_negative;
use crate::error::{Error, finite};
use crate::linalg::product::{product, view};

/// The complexity of a finite family on given points, by averaging over signs:
/// `E max_f m^(-1/2) sum_j xi_j g_f(x_j)`.
///
/// `values` holds `g_f(x_j)`, a row for each of `N` functions, a column for each of `m` points. A family of one
/// function has complexity 0 and needs no average. Cost `O(draws N m)`.
///
/// # Errors
/// [`Error::Empty`] without functions or points, [`Error::NonFinite`]; [`Error::InvalidParameter`] for all
/// combinations of more than 20 signs; [`Error::TooFewPoints`] below two draws.
pub fn finite_class(values: &DMatrix<f64>, signs: Signs) -> Result<Drawn, Error> {
    check(values)?;
    let m = values.ncols();
    let root_m = (m as f64).sqrt();
    let squares = values.column_iter().map(|column| column.amax().powi(2));
    let deviation = squares.sum::<f64>().sqrt() / root_m;
    if values.nrows() == 1 {
        return Ok(Drawn {
            mean: 0.0,
            std_error: 0.0,
            draws: None,
            deviation,
        });
    }
    signs.average(m, 1, deviation, |signs| {
        let sums = product(view(values), view(signs));
        sums.column_iter().map(|sums| sums.max() / root_m).collect()
    })
}

/// Massart's bound on the complexity of a finite family on given points:
/// `max_f sqrt((1/m) sum_j g_f(x_j)^2) sqrt(2 ln N)`.
///
/// `values` as for [`finite_class`]. Exactly 0 for one function. Cost `O(N m)`.
///
/// # Errors
/// [`Error::Empty`] without functions or points, [`Error::NonFinite`], [`Error::NonFiniteResult`] on overflow.
///
/// # Source
/// Massart 2000, lemma 5.2.
pub fn massart(values: &DMatrix<f64>) -> Result<f64, Error> {
    check(values)?;
    let root_m = (values.ncols() as f64).sqrt();
    let norms = values.row_iter().map(|row| row.norm() / root_m);
    let largest = norms.fold(0.0, f64::max);
    finite(
        "Massart's bound",
        largest * (2.0 * (values.nrows() as f64).ln()).sqrt(),
    )
}

/// The expected complexity of a union of `count` families: at most
/// `max_f R_f + (range/2) sqrt(2 ln count)`.
///
/// `largest` is the largest expected complexity `R_f` of one of them, 0 where each is a single function, and
/// `range` the length of an interval that holds the values of *all* functions of all families, at all points. Less
/// the middle of that interval, which changes no expectation of a sum of signs, a supremum moves by at most
/// `range/sqrt(m)` with one point and its sign, and is sub-Gaussian of variance `range^2/4`. The ranges of single
/// functions do not do: two constants have none, and their union has a complexity. Holds whatever the points are, so
/// that it can stand in a bound as it is. Cost `O(1)`.
///
/// # Errors
/// [`Error::InvalidParameter`] for a complexity or range that is negative or not finite, and without families.
///
/// # Source
/// McDiarmid 1989 for the variance; Massart 2000, lemma 5.2, for the maximum.
pub fn finite_union(largest: f64, range: f64, count: usize) -> Result<f64, Error> {
    for (name, value) in [("complexity", largest), ("range", range)] {
        not_negative(name, value)?;
    }
    if count == 0 {
        return Err(Error::invalid("count", count, "at least 1"));
    }
    Ok(largest + 0.5 * range * (2.0 * (count as f64).ln()).sqrt())
}

fn check(values: &DMatrix<f64>) -> Result<(), Error> {
    let (functions, m) = values.shape();
    if functions == 0 || m == 0 {
        return Err(Error::Empty {
            n: m,
            dim: functions,
        });
    }
    if let Some(index) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::NonFinite {
            point: index / functions,
            coordinate: index % functions,
            value: values[index].to_string(),
        });
    }
    Ok(())
}
