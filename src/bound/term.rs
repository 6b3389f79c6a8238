/// A number, or why it is not there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// The number.
    Known(f64),
    /// What is missing to compute it.
    Unknown(&'static str),
}

impl Value {
    /// The number, where there is one.
    pub fn known(self) -> Option<f64> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The sum; unknown as soon as one of the values is.
    pub(super) fn sum(values: impl IntoIterator<Item = Self>) -> Self {
        let mut total = 0.0;
        for value in values {
            match value {
                Self::Known(value) => total += value,
                unknown => return unknown,
            }
        }
        Self::Known(total)
    }
}

/// One addend of a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// What it is.
    pub name: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// Its value.
    pub value: Value,
}

/// One addend whose value is always known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
}

impl Piece {
    pub(super) fn new(name: &'static str, value: f64) -> Self {
        Self { name, value }
    }
}

/// An upper bound on the risk `E |W_S f(x) - y|`, term by term.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The terms.
    pub terms: Vec<Term>,
    /// Their sum.
    pub total: Value,
    /// The probability with which the bound may fail.
    pub failure: f64,
}

impl Bound {
    pub(super) fn new(terms: Vec<Term>, failure: f64) -> Self {
        let total = Value::sum(terms.iter().map(|term| term.value));
        Self {
            terms,
            total,
            failure,
        }
    }

    /// The value of the term of this name.
    pub fn term(&self, name: &str) -> Option<Value> {
        let term = self.terms.iter().find(|term| term.name == name);
        term.map(|term| term.value)
    }
}
