//! The sink for errors: every pass reports here, and the errors of a pass appear together.

use std::cell::RefCell;

use proc_macro2::Span;
use quote::ToTokens;

/// Collects errors. Must be asked for its content before it is dropped.
#[derive(Default)]
pub(crate) struct Errors {
    list: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { list: RefCell::new(Some(Vec::new())) }
    }

    /// Reports an error at a span.
    pub(crate) fn at(&self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Reports an error over the tokens of a construct.
    pub(crate) fn on(&self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error that another parser made.
    pub(crate) fn push(&self, error: syn::Error) {
        self.list.borrow_mut().as_mut().expect("errors are reported before they are taken").push(error);
    }

    /// The number of errors of this phase so far.
    pub(crate) fn count(&self) -> usize {
        self.list.borrow().as_ref().map_or(0, Vec::len)
    }

    /// Ends a phase: all errors so far as one, if there are any.
    pub(crate) fn check(&self) -> Result<(), syn::Error> {
        let errors = self.list.borrow_mut().replace(Vec::new()).unwrap_or_default();
        let mut errors = errors.into_iter();
        match errors.next() {
            None => Ok(()),
            Some(first) => Err(errors.fold(first, |mut all, e| {
                all.combine(e);
                all
            })),
        }
    }

    /// Ends the last phase.
    pub(crate) fn finish(self) -> Result<(), syn::Error> {
        let result = self.check();
        self.list.borrow_mut().take();
        result
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        let unread = self.list.get_mut().as_ref().is_some_and(|list| !list.is_empty());
        assert!(!unread || std::thread::panicking(), "errors were reported and nobody looked");
    }
}
