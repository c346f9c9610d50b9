//! The compiler behind [`differentiable`](https://docs.rs/differentiable): an attribute that derives
//! the derivatives of a function, and a derive for the tangent types of structs and enums.
//!
//! Use it through the facade crate `differentiable`, whose documentation explains what these macros
//! generate; the generated code refers to that crate. `expand` reads as the list of passes.

#![forbid(unsafe_code)]

mod activity;
mod array_methods;
mod arrays;
mod bits;
mod bracketed;
mod chaining;
mod companions;
mod complex;
mod constructors;
mod cycles;
mod derive;
mod dispatch;
mod emit;
mod errors;
mod exits;
mod expand;
mod fence;
mod fold;
mod forms;
mod forward;
mod free;
mod fuse;
mod graph;
mod hidden_changes;
mod hygiene;
mod implicit;
mod indexing;
mod inner_items;
mod integers;
mod ir;
mod jacobian;
mod kept_references;
mod kinds;
mod labels;
mod lanes;
#[cfg(test)]
mod language;
mod layout;
mod lengths;
mod linear;
mod looks;
mod lost;
mod lower;
mod maps;
mod mentions;
mod method_modes;
mod methods;
mod methods_of;
mod missing;
mod modes;
mod nested;
mod nesting;
mod operators;
mod options;
mod outputs;
mod own_iterators;
mod own_names;
mod persistent;
mod print;
mod pullbacks;
mod renamed_types;
mod reverse;
#[cfg(test)]
mod robustness;
mod rule;
mod rule_programs;
mod rules;
mod scalars;
mod scratch;
mod second;
mod shells;
mod signature;
mod simplify;
#[cfg(test)]
mod speed;
mod storage;
mod surroundings;
mod switches;
mod tangent_types;
mod tape;
mod text;
mod traits;
mod twin;
mod unannotated;
mod ungroup;
mod var_set;
mod variants;
mod verify;
mod visit;
mod winners;

use proc_macro::TokenStream;

/// Generates the derivatives of a function, of the methods of an `impl`, or of a trait's methods.
///
/// See the documentation of the crate `differentiable`.
#[proc_macro_attribute]
pub fn differentiable(options: TokenStream, item: TokenStream) -> TokenStream {
    let file = proc_macro::Span::call_site().local_file();
    expand::attribute_in(file.as_deref(), options.into(), item.into()).into()
}

/// Generates the tangent type of a struct or an enum.
///
/// See the documentation of the crate `differentiable`.
#[proc_macro_derive(Differentiable, attributes(constant, differentiable, lanes, saved))]
pub fn derive_differentiable(item: TokenStream) -> TokenStream {
    derive::expand(item.into()).into()
}

/// Calls a macro with the table of rules: one row for each function of floats.
#[doc(hidden)]
#[proc_macro]
pub fn __rules(callback: TokenStream) -> TokenStream {
    rules::enumerate(callback.into()).into()
}

/// Defines the trait of the companions of the functions of complex numbers, and implements it.
#[doc(hidden)]
#[proc_macro]
pub fn __complex_methods(_: TokenStream) -> TokenStream {
    complex::companions().into()
}

/// Defines the trait that the runtime implements for the functions of floats.
#[doc(hidden)]
#[proc_macro]
pub fn __float_methods(_: TokenStream) -> TokenStream {
    rules::float_methods().into()
}

/// Defines the traits of the companions of methods of integers, and implements them.
#[doc(hidden)]
#[proc_macro]
pub fn __integer_methods(_: TokenStream) -> TokenStream {
    integers::methods().into()
}

/// Defines the higher derivatives of operators and functions of scalars.
#[doc(hidden)]
#[proc_macro]
pub fn __scalar_functions(_: TokenStream) -> TokenStream {
    scalars::functions().into()
}

/// Defines the trait of the companions of linear methods of arrays, and implements it.
#[doc(hidden)]
#[proc_macro]
pub fn __linear_methods(table: TokenStream) -> TokenStream {
    array_methods::linear(&syn::parse_macro_input!(table as array_methods::LinearMethods)).into()
}

/// Defines the trait of the higher derivatives of products and variances of arrays, and implements it.
#[doc(hidden)]
#[proc_macro]
pub fn __reduction_methods(_: TokenStream) -> TokenStream {
    array_methods::reductions().into()
}

/// Defines the trait of the higher derivatives of functions of the elements of arrays, and implements it.
#[doc(hidden)]
#[proc_macro]
pub fn __elementwise_methods(_: TokenStream) -> TokenStream {
    array_methods::elementwise().into()
}
