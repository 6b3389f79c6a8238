"""The bindings beside NumPy, SciPy and scikit-learn."""

import json
import threading
import warnings

import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma, gammaln
from sklearn.feature_selection import mutual_info_regression
from sklearn.neighbors import NearestNeighbors

import vicinfo


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_gaussian_entropy_is_that_of_scipy(rng):
    x = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4))
    expected = stats.multivariate_normal(cov=np.cov(x.T)).entropy()
    assert vicinfo.entropy(x, "gaussian") == pytest.approx(expected, rel=1e-12)


def test_neighbours_are_those_of_scikit_learn(rng):
    n, d, k = 300, 3, 3
    x = rng.normal(size=(n, d))
    distances = NearestNeighbors(n_neighbors=k).fit(x).kneighbors()[0][:, -1]
    ball = d / 2 * np.log(np.pi) - gammaln(d / 2 + 1)
    expected = digamma(n) - digamma(k) + ball + d * np.mean(np.log(distances))
    assert vicinfo.entropy(x) == pytest.approx(expected, rel=1e-12)


def test_information_is_near_that_of_scikit_learn(rng):
    x = rng.normal(size=(1000, 1))
    y = x + rng.normal(size=(1000, 1))
    # scikit-learn has the same estimator, scales its input, and clips at 0.
    expected = mutual_info_regression(x, y[:, 0], n_neighbors=3)[0]
    assert vicinfo.information(x, y) == pytest.approx(expected, abs=0.05)
    correlation = np.corrcoef(x[:, 0], y[:, 0])[0, 1]
    assert vicinfo.information(x, y, "gaussian") == pytest.approx(-0.5 * np.log(1 - correlation**2), rel=1e-10)


def packed(x):
    """The same numbers as the field of a record, behind a byte that shifts them."""
    records = np.zeros(x.shape, dtype=[("byte", "i1"), ("number", "f8")])
    records["number"] = x
    return records["number"]


LAYOUTS = {
    "rows": lambda x: x,
    "columns": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "strided coordinates": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
    "lists": np.ndarray.tolist,
    "columns of singles": lambda x: np.asfortranarray(x, np.float32),
    "columns of whole numbers": lambda x: np.asfortranarray(x, np.int16),
    "byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "packed": packed,
}
TYPES = ["float16", "float32", "longdouble", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("layout", [*LAYOUTS, *TYPES])
def test_layouts_are_the_same_numbers(rng, layout):
    # Numbers that every type holds.
    x = rng.integers(0, 128, size=(200, 3)).astype(float)
    other = LAYOUTS[layout](x) if layout in LAYOUTS else x.astype(layout)
    before = np.array(other, copy=True)
    # Of each number the place, too: a gradient is one number for each.
    found, expected = (vicinfo.objective(points, x[:, ::-1]).gradient[0] for points in (other, x))
    assert np.array_equal(found, expected)
    assert np.array_equal(before, np.asarray(other))


def test_vicreg_is_its_formula_and_gradients_are_differences(rng):
    z1 = rng.normal(size=(20, 3))
    z2 = z1 + 0.1 * rng.normal(size=(20, 3))
    found = vicinfo.objective(z1, z2)

    def value(z1, z2):
        invariance = np.mean((z1 - z2) ** 2)

        def hinge(z):
            return np.mean(np.maximum(0, 1 - np.sqrt(z.var(axis=0, ddof=1) + 1e-4)))

        def covariance(z):
            c = np.cov(z.T)
            return (np.sum(c**2) - np.sum(np.diag(c) ** 2)) / z.shape[1]

        return 25 * invariance + 25 * (hinge(z1) + hinge(z2)) / 2 + covariance(z1) + covariance(z2)

    assert found.value == pytest.approx(value(z1, z2), rel=1e-10)
    assert found.value == pytest.approx(sum(w * v for w, v in found.terms.values()), rel=1e-12)
    assert found.gradient[0].shape == (20, 3)
    step = np.zeros_like(z1)
    step[4, 1] = 1e-6
    slope = (value(z1 + step, z2) - value(z1 - step, z2)) / 2e-6
    assert found.gradient[0][4, 1] == pytest.approx(slope, rel=1e-5)


def test_laws_have_their_truths():
    law = vicinfo.laws.law("gaussian-2")
    assert law.known == "exact"
    assert law.truth[0] == pytest.approx(np.log(2 * np.pi * np.e), rel=1e-14)
    x = law.sample(4000, seed=3)
    assert x.shape == (4000, 2)
    assert np.array_equal(x, law.sample(4000, seed=3))
    assert not np.array_equal(x, law.sample(4000, seed=4))
    assert vicinfo.entropy(x, "gaussian") == pytest.approx(law.truth[0], abs=0.06)
    pairs = vicinfo.laws.law("1v1-normal-0.75")
    first, second = pairs.sample(4000)
    assert vicinfo.information(first, second) == pytest.approx(pairs.truth[0], abs=0.08)
    assert "gaussian-2" in vicinfo.laws.names()


@pytest.mark.parametrize("form", ["column", "whole doubles", "column of doubles", "objects", "objects of doubles"])
def test_labels_are_taken_as_they_are_written(rng, form):
    z1 = rng.normal(size=(400, 2))
    z2 = z1 + 0.5 * rng.normal(size=(400, 2))
    labels = (z1[:, 0] > 0).astype(int)
    other = {
        "column": labels[:, None],
        "whole doubles": labels.astype(float),
        "column of doubles": labels[:, None].astype(np.float32),
        "objects": labels.astype(object),
        "objects of doubles": labels.astype(float).astype(object),
    }[form]
    sections = vicinfo.audit(z1, z2, labels=other).to_dict()["sections"]
    assert sections == vicinfo.audit(z1, z2, labels=labels).to_dict()["sections"]


def test_what_is_no_label_is_refused(rng):
    z = rng.normal(size=(16, 2))
    labels = np.arange(16.0) % 2
    with pytest.raises(ValueError, match=r"found 0\.5 at point 2"):
        vicinfo.audit(z, z, labels=np.where(np.arange(16) == 2, 0.5, labels))
    with pytest.raises(ValueError, match=r"\(n,\) or \(n, 1\); found shape \[16, 2\]"):
        vicinfo.audit(z, z, labels=np.stack([labels, labels], axis=1))
    mixed = labels.astype(object)
    mixed[5] = None
    with pytest.raises(TypeError, match="of several kinds"):
        vicinfo.audit(z, z, labels=mixed)
    with pytest.raises(ValueError, match="NaN"):
        vicinfo.audit(z, z, labels=np.where(np.arange(16) == 3, np.nan, labels))


def test_an_audit_is_numbers_and_a_page(rng, tmp_path):
    z1 = rng.normal(size=(400, 3))
    z2 = z1 + 0.5 * rng.normal(size=(400, 3))
    labels = np.where(z1[:, 0] > 0, "cat", "dog")
    audit = vicinfo.audit(z1, z2, labels=labels, images=(z1, z2), name="mine")
    assert not audit.collapsed
    reading = audit.reading("entropy", "gaussian")
    assert reading["value"] == pytest.approx(vicinfo.entropy(z1, "gaussian"), rel=1e-12)
    assert audit.reading("labels", "held_out_error")["value"] < 0.15
    with pytest.raises(KeyError):
        audit.reading("entropy", "none")
    audit.save(tmp_path / "a")
    assert json.loads((tmp_path / "a" / "audit.json").read_text()) == audit.to_dict()
    assert (tmp_path / "a" / "audit.html").read_text() == audit.to_html()
    assert "400 pairs in 3 dimensions" in repr(audit)
    assert (audit.to_dict()["seed"], audit.to_dict()["version"]) == (1, vicinfo.__version__)


def test_the_bound_and_certificates(rng):
    labels = rng.integers(0, 2, size=600)
    z = rng.normal(size=(600, 2)) + 8.0 * labels[:, None]
    z /= 1.01 * np.linalg.norm(z, axis=1).max()
    z = np.hstack([z, np.ones((600, 1))])
    bound = vicinfo.bound(
        z[:200],
        labels[:200],
        positives=(z[200:400], z[200:400], labels[200:400]),
        held_out=(z[400:], labels[400:]),
    )
    fitted = np.linalg.lstsq(z[:200], np.eye(2)[labels[:200]], rcond=None)[0]
    residual = np.eye(2)[labels[:200]] - z[:200] @ fitted
    assert bound.residual == pytest.approx(np.sqrt(np.mean(np.sum(residual**2, axis=1))), rel=1e-8)
    assert bound.held_out_errors == 0
    assert bound.error_certificate == pytest.approx(1 - 0.05 ** (1 / 200), rel=1e-10)
    assert bound.total == pytest.approx(sum(bound.terms.values()), rel=1e-12)
    assert bound.held_out_risk < bound.risk_certificate
    assert vicinfo.bound(z[:200], labels[:200]).total is None


def test_what_cannot_be_computed_raises(rng):
    x = rng.normal(size=(50, 2))
    x[3, 1] = np.nan
    with pytest.raises(vicinfo.VicinfoError, match=r"point 3, coordinate 1 \(counted from 0\) is NaN") as raised:
        vicinfo.entropy(x)
    assert raised.value.kind == "NonFinite"
    assert isinstance(raised.value, ValueError)
    with pytest.raises(vicinfo.VicinfoError, match="unknown entropy estimator 'none'"):
        vicinfo.entropy(np.ones((3, 2)), "none")
    with pytest.raises(TypeError, match="two-dimensional"):
        vicinfo.entropy(np.ones(3))
    with pytest.raises(TypeError, match="dtype"):
        vicinfo.entropy(np.array([["a", "b"]]))
    with pytest.raises(vicinfo.VicinfoError, match="points of the second sample: expected 50, found 49"):
        vicinfo.information(np.zeros((50, 2)), np.zeros((49, 2)))
    with pytest.raises(vicinfo.VicinfoError, match="unknown law"):
        vicinfo.laws.law("none")


# Drawn beforehand: NumPy frees the lock, too.
POINTS = np.random.default_rng(7).normal(size=(20000, 8))
COMPUTED = {
    "entropy": lambda: vicinfo.entropy(POINTS),
    # The truth of this law is the mean of a million draws.
    "truth": lambda: vicinfo.laws.law("1v1-X-0.9"),
    "sample": lambda: vicinfo.laws.law_sample("1v1-X-0.9", 10, 1),
}


def test_reasons_for_care_are_warnings(rng):
    x = rng.normal(size=(300, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vicinfo.entropy(x)
        vicinfo.information(x[:, :1], x[:, 1:])
    with pytest.warns(UserWarning, match="2 of 2 coordinates hold repeated values") as caught:
        vicinfo.entropy(np.repeat(x, 2, axis=0))
    # Where the caller stands, not inside the package.
    assert caught[0].filename == __file__
    whole = np.round(3 * rng.normal(size=(300, 4)))
    with pytest.warns(UserWarning, match="hold repeated values"):
        vicinfo.information(whole[:, :2], whole[:, 2:])
    with pytest.warns(UserWarning, match="adds information which is not there"):
        vicinfo.information(whole[:, :2], whole[:, 2:], "mixed")
    # Letters are what it is for.
    letters = rng.integers(2, size=(300, 2)).astype(float)
    with pytest.warns(UserWarning, match="counted as letters") as caught:
        vicinfo.information(letters[:, :1], letters[:, 1:], "mixed")
    assert len(caught) == 1


def test_masks_are_not_lost(rng):
    x = rng.normal(size=(50, 2))
    with pytest.raises(TypeError, match="found a masked array"):
        vicinfo.entropy(np.ma.masked_array(x, mask=x > 1), "gaussian")
    labels = np.ma.masked_array(np.arange(50) % 2, mask=np.arange(50) < 5)
    with pytest.raises(TypeError, match="found a masked array"):
        vicinfo.bound(x, labels)
    with pytest.raises(TypeError, match="found a masked array"):
        vicinfo.audit(x, x, labels=labels)


@pytest.mark.parametrize("delta", [0.0, 1.0, 2.0, float("nan")])
def test_a_level_is_between_0_and_1(rng, delta):
    with pytest.raises(vicinfo.VicinfoError, match="delta = "):
        vicinfo.bound(rng.normal(size=(40, 2)), np.arange(40) % 2, delta=delta)


def test_one_class_is_nothing_to_predict(rng):
    with pytest.raises(vicinfo.VicinfoError, match="at least two: with a single class"):
        vicinfo.bound(rng.normal(size=(40, 2)), np.zeros(40, dtype=int))
    pairs = rng.normal(size=(40, 2)), rng.normal(size=(40, 2)), np.zeros(40, dtype=int)
    with pytest.raises(vicinfo.VicinfoError, match="classes of the pairs"):
        vicinfo.bound(rng.normal(size=(40, 2)), np.arange(40) % 2, positives=pairs)


@pytest.mark.parametrize("computed", COMPUTED)
def test_the_lock_is_free_while_numbers_are_computed(computed):
    turns = []
    done = threading.Event()

    def count():
        while not done.is_set():
            turns.append(None)
            done.wait(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = len(turns)
    COMPUTED[computed]()
    during = len(turns) - before
    done.set()
    thread.join()
    assert during > 1
