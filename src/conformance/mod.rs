//! Suites for anyone's estimators, laws and maps.
