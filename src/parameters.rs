//! Names with parameters: `ksg1(k=3)`, `three_entropies(estimator=kozachenko_leonenko(k=3,norm=max))`.

use std::str::FromStr;

use crate::error::Error;

/// A name with the parameters that were written behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The name.
    pub id: String,
    arguments: Vec<(String, String)>,
}

impl Written {
    /// Takes `id`, `id()` or `id(name=value,…)` apart; a value may be such a text itself.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for any other form and for a parameter written twice.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let malformed = |requirement: &str| Error::invalid("name", text, requirement);
        let (id, inside) = match text.split_once('(') {
            None => (text, ""),
            Some((id, rest)) => {
                let inside = rest
                    .strip_suffix(')')
                    .ok_or_else(|| malformed("a parenthesis is not closed"))?;
                (id, inside)
            }
        };
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(malformed(
                "write it as name or name(parameter=value,parameter=value)",
            ));
        }
        let mut arguments: Vec<(String, String)> = Vec::new();
        for argument in
            split_top_level(inside).ok_or_else(|| malformed("the parentheses do not match"))?
        {
            let (name, value) = argument
                .split_once('=')
                .ok_or_else(|| malformed("every parameter is written name=value"))?;
            let (name, value) = (name.trim(), value.trim());
            if arguments.iter().any(|(known, _)| known == name) {
                return Err(Error::invalid(
                    name,
                    value,
                    "this parameter is written twice",
                ));
            }
            arguments.push((name.to_owned(), value.to_owned()));
        }
        Ok(Self {
            id: id.to_owned(),
            arguments,
        })
    }

    /// Fills in defaults.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a parameter that `defaults` does not hold.
    pub fn parameters(&self, defaults: &[(&str, &str)]) -> Result<Parameters, Error> {
        for (name, _) in &self.arguments {
            if !defaults.iter().any(|(known, _)| known == name) {
                return Err(Error::UnknownName {
                    kind: "parameter",
                    name: format!("{name} of {}", self.id),
                    known: if defaults.is_empty() {
                        "none".to_owned()
                    } else {
                        defaults
                            .iter()
                            .map(|(k, _)| *k)
                            .collect::<Vec<_>>()
                            .join(", ")
                    },
                });
            }
        }
        let values = defaults
            .iter()
            .map(|(name, default)| {
                let written = self.arguments.iter().find(|(known, _)| known == name);
                let value = written.map_or(*default, |(_, value)| value);
                ((*name).to_owned(), value.to_owned())
            })
            .collect();
        Ok(Parameters { values })
    }
}

/// What a name stands for: one line of a registry of estimators, diagnostics or bounds.
pub struct Entry<B> {
    /// Name without parameters.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Parameters with their defaults.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Makes it from its parameters.
    pub build: fn(&Parameters) -> Result<B, Error>,
    /// What `measure` runs when the user names nothing, as names that can be read back.
    pub defaults: &'static [&'static str],
}

/// Makes what a written name stands for in a registry of this kind; a parameter that is left out takes
/// its default.
///
/// # Errors
/// [`Error::UnknownName`], with the names that exist, and [`Error::InvalidParameter`].
pub fn build<B>(kind: &'static str, all: &[&Entry<B>], text: &str) -> Result<B, Error> {
    let written = Written::parse(text)?;
    let found = all.iter().find(|entry| entry.id == written.id);
    let entry = found.ok_or_else(|| Error::UnknownName {
        kind,
        name: written.id.clone(),
        known: all.iter().map(|e| e.id).collect::<Vec<_>>().join(", "),
    })?;
    (entry.build)(&written.parameters(entry.parameters)?)
}

/// Splits at commas that stand outside all parentheses; `None` when these do not match.
pub fn split_top_level(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if depth > 0 {
        return None;
    }
    if !text[start..].trim().is_empty() || !parts.is_empty() {
        parts.push(&text[start..]);
    }
    Some(parts)
}

/// A full set of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    values: Vec<(String, String)>,
}

impl Parameters {
    /// The text of a parameter that the registry entry declares.
    ///
    /// # Errors
    /// [`Error::UnknownName`] when the entry does not declare it.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.values
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| Error::UnknownName {
                kind: "parameter",
                name: name.to_owned(),
                known: self
                    .values
                    .iter()
                    .map(|(k, _)| k.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// A parameter as a number or a truth value.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when the text does not read as `requirement` says.
    pub fn value<T: FromStr>(&self, name: &str, requirement: &str) -> Result<T, Error> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|_| Error::invalid(name, text, requirement))
    }

    /// A parameter that is one of a few words.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for any other word.
    pub fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text(name)?;
        words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                Error::invalid(name, text, format!("one of {}", known.join(", ")))
            })
    }
}
