//! `vicinfo` for Python: rows are points, as everywhere in NumPy and scikit-learn.
//!
//! An array is copied once on its way in, whatever its layout: the crate owns its points, which nobody can then
//! change while the interpreter's lock is released. Results leave without a copy.

use std::convert::identity;
use std::ffi::CString;

use nalgebra::DMatrix;
use numpy::{Element, IntoPyArray, PyArray2, PyArrayMethods};
use pyo3::create_exception;
use pyo3::exceptions::{PyTypeError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use vicinfo::audit::{Audit, Subject};
use vicinfo::bound::certificate::{clopper_pearson, empirical_bernstein, misclassified};
use vicinfo::bound::{
    Assumptions, CUTOFF, Labels, LeastSquares, Observation, Radius, losses, spectral_norm,
};
use vicinfo::law::Truth;
use vicinfo::law::catalogue::{self, Kind};
use vicinfo::sample::{Paired, Sample};
use vicinfo::seed::Seed;

create_exception!(
    vicinfo,
    VicinfoError,
    PyValueError,
    "Why something could not be computed; the text has the numbers, `kind` the name of the error."
);

/// The crate's error as the Python exception.
fn raise(error: vicinfo::Error) -> PyErr {
    let raised = VicinfoError::new_err(error.to_string());
    // The exception is ours: it takes the attribute.
    Python::attach(|py| raised.value(py).setattr("kind", error.kind()))
        .map_or_else(|failed| failed, |()| raised)
}

/// A value; its reasons to be read with care are Python's warnings.
fn warned(py: Python<'_>, read: Result<(f64, Vec<String>), vicinfo::Error>) -> PyResult<f64> {
    let (value, warnings) = read.map_err(raise)?;
    for warning in warnings {
        let warning = CString::new(warning)?;
        // Where the caller of the Python function stands.
        PyErr::warn(py, &py.get_type::<PyUserWarning>(), &warning, 2)?;
    }
    Ok(value)
}

/// The numbers of a two-dimensional array of `T`, row after row, as doubles; `None` for an array of another type.
fn doubles<T: Element + Copy>(
    array: &Bound<'_, PyAny>,
    double: impl Fn(T) -> f64,
) -> Option<Vec<f64>> {
    let array = array.cast::<PyArray2<T>>().ok()?.try_readonly().ok()?;
    let view = array.as_array();
    let numbers = match view.as_slice() {
        Some(numbers) => numbers.iter().map(|&v| double(v)).collect(),
        None => view.iter().map(|&v| double(v)).collect(),
    };
    Some(numbers)
}

/// The numbers of a two-dimensional array of one of the types that Rust has, too.
fn native(array: &Bound<'_, PyAny>) -> Option<Vec<f64>> {
    doubles::<f64>(array, identity)
        .or_else(|| doubles::<f32>(array, f64::from))
        .or_else(|| doubles::<i64>(array, |v| v as f64))
        .or_else(|| doubles::<i32>(array, f64::from))
        .or_else(|| doubles::<i16>(array, f64::from))
        .or_else(|| doubles::<i8>(array, f64::from))
        .or_else(|| doubles::<u64>(array, |v| v as f64))
        .or_else(|| doubles::<u32>(array, f64::from))
        .or_else(|| doubles::<u16>(array, f64::from))
        .or_else(|| doubles::<u8>(array, f64::from))
}

/// Whether an array has a mask, which it would lose on its way.
fn is_masked(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    let masked = array.py().import("numpy")?.getattr("ma")?;
    masked.call_method1("isMaskedArray", (array,))?.is_truthy()
}

/// Points as rows, of floats or whole numbers.
fn sample(array: &Bound<'_, PyAny>) -> PyResult<Sample> {
    let dtype = |array: &Bound<'_, PyAny>| {
        array
            .getattr("dtype")
            .map(|d| d.to_string())
            .unwrap_or_else(|_| "no array".to_owned())
    };
    let numpy = array.py().import("numpy")?;
    let wrong = |found: String| {
        PyTypeError::new_err(format!(
            "expected a two-dimensional array of numbers, rows are points; found {found}"
        ))
    };
    if is_masked(array)? {
        return Err(wrong("a masked array".to_owned()));
    }
    let array = numpy.call_method1("asarray", (array,))?;
    let shape: Vec<usize> = array.getattr("shape")?.extract()?;
    let [rows, columns] = shape[..] else {
        return Err(wrong(format!("shape {shape:?}")));
    };
    if !matches!(
        array.getattr("dtype")?.getattr("kind")?.extract::<&str>()?,
        "f" | "i" | "u"
    ) {
        return Err(wrong(format!("dtype {}", dtype(&array))));
    }
    // Numbers between two places of their type, as in a field of a packed record, cannot be referred to.
    let aligned: bool = array.getattr("flags")?.getattr("aligned")?.extract()?;
    let numbers = match aligned.then(|| native(&array)).flatten() {
        Some(numbers) => numbers,
        // Those, and types that Rust has not (halves, other byte orders), are made doubles by NumPy first.
        None => native(&array.call_method1("astype", ("float64",))?)
            .ok_or_else(|| wrong(format!("dtype {}", dtype(&array))))?,
    };
    // Rows of the array are columns of the crate: its logical order is that of the matrix in memory.
    Sample::new(DMatrix::from_vec(columns, rows, numbers)).map_err(raise)
}

fn paired(first: &Bound<'_, PyAny>, second: &Bound<'_, PyAny>) -> PyResult<Paired> {
    Paired::new(sample(first)?, sample(second)?).map_err(raise)
}

/// Classes from doubles, as arrays of several columns have them.
fn whole(labels: &[f64]) -> PyResult<Labels> {
    let whole = |(point, value): (usize, &f64)| {
        // A whole number that a double holds exactly.
        if value.fract() == 0.0 && value.abs() <= (1_u64 << 53) as f64 {
            Ok(*value as i64)
        } else {
            Err(PyValueError::new_err(format!(
                "expected whole numbers as labels; found {value} at point {point} (counted from 0)"
            )))
        }
    };
    let labels = labels.iter().enumerate().map(whole);
    Labels::from_integers(&labels.collect::<PyResult<Vec<i64>>>()?).map_err(raise)
}

/// Classes: whole numbers or texts, one a point.
fn classes(array: &Bound<'_, PyAny>) -> PyResult<Labels> {
    if is_masked(array)? {
        return Err(PyTypeError::new_err(
            "expected one label a point; found a masked array",
        ));
    }
    let numpy = array.py().import("numpy")?;
    let array = numpy.call_method1("asarray", (array,))?;
    let kind: String = array.getattr("dtype")?.getattr("kind")?.extract()?;
    let shape: Vec<usize> = array.getattr("shape")?.extract()?;
    let array = match shape[..] {
        [_] => array,
        // As `vicinfo embed` writes them.
        [n, 1] => array.call_method1("reshape", (n,))?,
        _ => {
            return Err(PyValueError::new_err(format!(
                "expected one label a point, shape (n,) or (n, 1); found shape {shape:?}"
            )));
        }
    };
    let list = array.call_method0("tolist")?;
    match kind.as_str() {
        "i" | "u" | "b" => Labels::from_integers(&list.extract::<Vec<i64>>()?).map_err(raise),
        "f" => whole(&list.extract::<Vec<f64>>()?),
        "U" => Labels::from_names(&list.extract::<Vec<String>>()?).map_err(raise),
        "O" => {
            if let Ok(labels) = list.extract::<Vec<i64>>() {
                Labels::from_integers(&labels).map_err(raise)
            } else if let Ok(labels) = list.extract::<Vec<f64>>() {
                whole(&labels)
            } else if let Ok(labels) = list.extract::<Vec<String>>() {
                Labels::from_names(&labels).map_err(raise)
            } else {
                Err(PyTypeError::new_err(
                    "expected whole numbers or texts as labels, all of one kind; found an array of objects of other or of several kinds",
                ))
            }
        }
        _ => Err(PyTypeError::new_err(format!(
            "expected whole numbers or texts as labels; found dtype kind {kind}"
        ))),
    }
}

/// A matrix of the crate, points as columns, as an array with points as rows; its numbers are not copied.
fn rows(py: Python<'_>, matrix: DMatrix<f64>) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let (dim, n) = matrix.shape();
    let numbers: Vec<f64> = matrix.data.into();
    numbers.into_pyarray(py).reshape([n, dim])
}

/// A value of JSON as a Python object.
fn object<'py>(py: Python<'py>, value: &serde_json::Value) -> PyResult<Bound<'py, PyAny>> {
    use serde_json::Value;
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Number(number) => match number.as_i64() {
            Some(value) => value.into_pyobject(py)?.into_any(),
            None => number.as_f64().into_pyobject(py)?.into_any(),
        },
        Value::String(text) => text.into_pyobject(py)?.into_any(),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(object(py, value)?)?;
            }
            list.into_any()
        }
        Value::Object(entries) => {
            let dict = PyDict::new(py);
            for (key, value) in entries {
                dict.set_item(key, object(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

#[pyfunction]
#[pyo3(signature = (x, estimator = "kozachenko_leonenko(k=3)"))]
fn entropy(py: Python<'_>, x: &Bound<'_, PyAny>, estimator: &str) -> PyResult<f64> {
    let (sample, estimator) = (
        sample(x)?,
        vicinfo::entropy::parse(estimator).map_err(raise)?,
    );
    let read = py.detach(|| Ok((estimator.entropy(&sample)?, estimator.warnings(&sample))));
    warned(py, read)
}

#[pyfunction]
#[pyo3(signature = (x, y, estimator = "ksg1(k=3)"))]
fn information(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    estimator: &str,
) -> PyResult<f64> {
    let pairs = paired(x, y)?;
    let estimator = vicinfo::information::parse(estimator).map_err(raise)?;
    let read = py.detach(|| Ok((estimator.information(&pairs)?, estimator.warnings(&pairs))));
    warned(py, read)
}

#[pyfunction]
#[pyo3(signature = (x, diagnostic = "rankme()"))]
fn measure(py: Python<'_>, x: &Bound<'_, PyAny>, diagnostic: &str) -> PyResult<f64> {
    let (sample, diagnostic) = (
        sample(x)?,
        vicinfo::diagnostic::parse(diagnostic).map_err(raise)?,
    );
    let read = py.detach(|| Ok((diagnostic.measure(&sample)?, diagnostic.warnings(&sample))));
    warned(py, read)
}

/// Value, terms as (weight, value) by name, and the two gradients.
type Evaluated<'py> = (
    f64,
    Bound<'py, PyDict>,
    (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>),
);

#[pyfunction]
#[pyo3(signature = (z1, z2, objective = "vicreg()"))]
fn evaluate<'py>(
    py: Python<'py>,
    z1: &Bound<'py, PyAny>,
    z2: &Bound<'py, PyAny>,
    objective: &str,
) -> PyResult<Evaluated<'py>> {
    let views = paired(z1, z2)?;
    let objective = vicinfo::objective::parse(objective).map_err(raise)?;
    let evaluation = py.detach(|| objective.evaluate(&views)).map_err(raise)?;
    let terms = PyDict::new(py);
    for (name, term) in vicinfo::objective::distinct_names(&evaluation.terms)
        .into_iter()
        .zip(&evaluation.terms)
    {
        terms.set_item(name, (term.weight, term.value))?;
    }
    let [first, second] = evaluation.gradient;
    Ok((
        evaluation.value,
        terms,
        (rows(py, first)?, rows(py, second)?),
    ))
}

/// The report as JSON and as a page.
#[pyfunction]
#[pyo3(signature = (z1, z2, labels = None, images = None, name = "embedding", seed = 1))]
fn audit<'py>(
    py: Python<'py>,
    z1: &Bound<'py, PyAny>,
    z2: &Bound<'py, PyAny>,
    labels: Option<&Bound<'py, PyAny>>,
    images: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    name: &str,
    seed: u64,
) -> PyResult<(Bound<'py, PyAny>, String)> {
    let mut subject = Subject::new(name, paired(z1, z2)?).map_err(raise)?;
    if let Some(labels) = labels {
        subject = subject.with_labels(classes(labels)?).map_err(raise)?;
    }
    if let Some((first, second)) = images {
        subject = subject
            .with_images(paired(&first, &second)?)
            .map_err(raise)?;
    }
    let read = py.detach(|| {
        let mut audit = Audit::new(&subject, Seed::root(seed))?;
        audit.seed = Some(seed);
        let page = audit.html();
        Ok((audit, page))
    });
    let (audit, page) = read.map_err(raise)?;
    let json =
        serde_json::to_value(&audit).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((object(py, &json)?, page))
}

/// What [`bound`] gives.
fn bounds(
    features: &Sample,
    labels: &Labels,
    positives: Option<&(Paired, Labels)>,
    held_out: Option<&(Sample, Labels)>,
    norm: Option<f64>,
    delta: f64,
) -> Result<serde_json::Value, vicinfo::Error> {
    if !(delta > 0.0 && delta < 1.0) {
        return Err(vicinfo::Error::invalid(
            "delta",
            delta,
            "a number between 0 and 1",
        ));
    }
    labels.two_at_least("classes of the labels")?;
    if let Some((_, classes)) = positives {
        classes.two_at_least("classes of the pairs")?;
    }
    let longest = |points: &Sample| {
        let squares = points
            .points()
            .map(|z| z.iter().map(|v| v * v).sum::<f64>());
        squares.fold(0.0, f64::max).sqrt()
    };
    let mut largest = longest(features);
    if let Some((pairs, _)) = positives {
        largest = largest.max(longest(&pairs.x)).max(longest(&pairs.y));
    }
    if let Some((points, _)) = held_out {
        largest = largest.max(longest(points));
    }
    let norm = norm.unwrap_or(largest);
    if !(norm.is_finite() && norm > 0.0 && largest <= norm * (1.0 + 1e-12)) {
        let requirement =
            format!("a finite number above 0, at least the norm {largest} of a feature");
        return Err(vicinfo::Error::invalid("norm", norm, requirement));
    }
    let fit = LeastSquares::new(features, &labels.one_hot(), CUTOFF)?;
    let mut out = serde_json::json!({
        "norm": norm,
        "residual": fit.root_mean_square(),
        "rank": fit.rank,
        "weight_norm": fit.weight_norm(),
    });
    if let Some((pairs, hidden)) = positives {
        let observation = Observation::new(features, labels, pairs, Some(hidden), CUTOFF)?;
        let assumptions = Assumptions::from_norm(
            &observation,
            norm,
            Radius::Peeled { base: 1.0 / norm },
            delta,
        )?;
        let bound = observation.bound(&assumptions)?;
        let terms: serde_json::Map<String, serde_json::Value> = (bound.terms.iter())
            .map(|term| (term.name.to_owned(), serde_json::json!(term.value.known())))
            .collect();
        out["terms"] = terms.into();
        out["total"] = serde_json::json!(bound.total.known());
        out["failure"] = serde_json::json!(bound.failure);
    }
    if let Some((points, truth)) = held_out {
        let risks = losses(&fit.weights, points, &truth.one_hot())?;
        let errors = misclassified(&fit.weights, points, truth)?;
        let range = spectral_norm(&fit.weights)? * norm + 1.0;
        out["held_out_risk"] = serde_json::json!(risks.iter().sum::<f64>() / risks.len() as f64);
        out["held_out_errors"] = serde_json::json!(errors);
        out["risk_certificate"] =
            serde_json::json!(empirical_bernstein(&risks, range, delta)?.value);
        out["error_certificate"] =
            serde_json::json!(clopper_pearson(errors, points.n() as u64, delta)?.value);
    }
    Ok(out)
}

#[pyfunction]
#[pyo3(signature = (features, labels, positives = None, held_out = None, norm = None, delta = 0.05))]
fn bound<'py>(
    py: Python<'py>,
    features: &Bound<'py, PyAny>,
    labels: &Bound<'py, PyAny>,
    positives: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    held_out: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    norm: Option<f64>,
    delta: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let features = sample(features)?;
    let labels = classes(labels)?;
    let positives = positives
        .map(|(a, b, hidden)| Ok::<_, PyErr>((paired(&a, &b)?, classes(&hidden)?)))
        .transpose()?;
    let held_out = held_out
        .map(|(points, truth)| Ok::<_, PyErr>((sample(&points)?, classes(&truth)?)))
        .transpose()?;
    // All sets are about the same classes.
    let mut sets = vec![&labels];
    sets.extend(positives.iter().map(|(_, hidden)| hidden));
    sets.extend(held_out.iter().map(|(_, truth)| truth));
    let names = Labels::union(&sets);
    let among = |labels: Labels| labels.among(&names).map_err(raise);
    let labels = among(labels)?;
    let positives = positives
        .map(|(pairs, hidden)| Ok::<_, PyErr>((pairs, among(hidden)?)))
        .transpose()?;
    let held_out = held_out
        .map(|(points, truth)| Ok::<_, PyErr>((points, among(truth)?)))
        .transpose()?;
    let out = py
        .detach(|| {
            bounds(
                &features,
                &labels,
                positives.as_ref(),
                held_out.as_ref(),
                norm,
                delta,
            )
        })
        .map_err(raise)?;
    object(py, &out)
}

#[pyfunction]
fn law_names() -> Vec<String> {
    catalogue::listed().map(|entry| entry.id).collect()
}

/// What is known of a law: (kind, dimensions, what is known, its numbers).
#[pyfunction]
fn law_truth(
    py: Python<'_>,
    name: &str,
) -> PyResult<(&'static str, Vec<usize>, &'static str, Vec<f64>)> {
    // Some truths are the mean of a million draws.
    let known = py.detach(|| {
        Ok(match catalogue::named(name)?.build()? {
            Kind::Points(law) => ("entropy", vec![law.dim()], law.entropy()),
            Kind::Pairs(law) => {
                let (x, y) = law.dims();
                ("information", vec![x, y], law.information())
            }
        })
    });
    let (what, dims, truth) = known.map_err(raise)?;
    let (known, numbers) = match truth {
        Truth::Exact(value) => ("exact", vec![value]),
        Truth::Between { lower, upper } => ("between", vec![lower, upper]),
        Truth::MonteCarlo { value, std_error } => ("monte_carlo", vec![value, std_error]),
    };
    Ok((what, dims, known, numbers))
}

/// Points, or the two halves of pairs, of a law.
#[pyfunction]
fn law_sample<'py>(
    py: Python<'py>,
    name: &str,
    n: usize,
    seed: u64,
) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
    if n == 0 {
        return Err(raise(vicinfo::Error::invalid("n", n, "at least 1")));
    }
    let samples = py.detach(|| {
        let entry = catalogue::named(name)?;
        let seed = Seed::root(seed).child(&entry.id);
        Ok(match entry.build()? {
            Kind::Points(law) => vec![law.sample(n, seed)],
            Kind::Pairs(law) => {
                let pairs = law.sample(n, seed);
                vec![pairs.x, pairs.y]
            }
        })
    });
    (samples.map_err(raise)?.into_iter())
        .map(|sample| rows(py, sample.into_matrix()))
        .collect()
}

#[pymodule]
fn _vicinfo(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VicinfoError", module.py().get_type::<VicinfoError>())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(entropy, module)?)?;
    module.add_function(wrap_pyfunction!(information, module)?)?;
    module.add_function(wrap_pyfunction!(measure, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(audit, module)?)?;
    module.add_function(wrap_pyfunction!(bound, module)?)?;
    module.add_function(wrap_pyfunction!(law_names, module)?)?;
    module.add_function(wrap_pyfunction!(law_truth, module)?)?;
    module.add_function(wrap_pyfunction!(law_sample, module)?)
}
