//! Rademacher complexities: how well a family of functions fits random signs. One method a file.
//!
//! All are normalised by `1/sqrt(m)`: `E sup_g m^(-1/2) sum_j xi_j g(x_j)` over `m` points and independent fair
//! signs `xi_j`. (The literature often divides by `m`; that is smaller by `sqrt(m)`.) A family of one function
//! that was fixed before the points were drawn has complexity 0.
//!
//! A complexity is *expected* when it is over the points too, as the bounds need it, or *of these points* when
//! it is over the signs alone. [`Drawn`] turns the latter into the former at the price of one more event.

mod drawn;
mod finite_class;
mod linear;
mod norm_bounded;

pub use drawn::{Drawn, Signs};
pub use finite_class::{finite_class, finite_union, massart};
pub use linear::{linear, maurer};
pub use norm_bounded::NormBounded;
