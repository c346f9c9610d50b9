//! Methods of containers of the standard library, for code whose compiler does not know whose method it calls.
//!
//! In a function of `stack: &mut Stack`, `stack.push(x)` is a method of the user's type or, if `Stack` is an alias, that of
//! `Vec`. Generated code calls `stack.__fwd_push(x)`: a companion of the user's, or one of those that the compiler makes
//! here.

#![allow(missing_docs, clippy::all, clippy::pedantic)]

use autodiff_macros::differentiable;

use crate::Differentiable;

/// What vectors have.
#[differentiable(order = 3)]
pub trait Vectors<T: Differentiable> {
    fn push(&mut self, value: T);
    fn pop(&mut self) -> Option<T>;
    fn insert(&mut self, at: usize, value: T);
    fn remove(&mut self, at: usize) -> T;
    fn truncate(&mut self, len: usize);
    fn clear(&mut self);
}

#[differentiable(order = 3)]
impl<T: Differentiable + Clone> Vectors<T> for Vec<T> {
    fn push(&mut self, value: T) {
        let all: &mut Vec<T> = self;
        all.push(value);
    }

    fn pop(&mut self) -> Option<T> {
        let all: &mut Vec<T> = self;
        all.pop()
    }

    fn insert(&mut self, at: usize, value: T) {
        let all: &mut Vec<T> = self;
        all.insert(at, value);
    }

    fn remove(&mut self, at: usize) -> T {
        let all: &mut Vec<T> = self;
        all.remove(at)
    }

    fn truncate(&mut self, len: usize) {
        let all: &mut Vec<T> = self;
        all.truncate(len);
    }

    fn clear(&mut self) {
        let all: &mut Vec<T> = self;
        all.clear();
    }
}

/// What options have.
#[differentiable(order = 3)]
pub trait Options<T: Differentiable> {
    fn replace(&mut self, value: T) -> Option<T>;
    fn take(&mut self) -> Option<T>;
}

#[differentiable(order = 3)]
impl<T: Differentiable + Clone> Options<T> for Option<T> {
    fn replace(&mut self, value: T) -> Option<T> {
        let slot: &mut Option<T> = self;
        slot.replace(value)
    }

    fn take(&mut self) -> Option<T> {
        let slot: &mut Option<T> = self;
        slot.take()
    }
}
