//! Sets of variables, as bits: cheap to copy and to unite, which is what analyses along the flow of control do; and maps
//! from variables, whose numbers are their hashes.
//!
//! Macros run unoptimised in debug builds of their users: what the standard hasher costs there would be most of the time.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::ir::VarId;

/// A map from variables.
pub(crate) type VarMap<T> = HashMap<VarId, T, BuildHasherDefault<NumberHasher>>;

/// Spreads a number over the bits of a hash.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_usize(usize::from(*b)));
    }

    fn write_usize(&mut self, number: usize) {
        self.0 = (self.0.rotate_left(5) ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A set of variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VarSet {
    words: Vec<u64>,
}

impl VarSet {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn contains(&self, v: VarId) -> bool {
        self.words.get(v / 64).is_some_and(|w| w >> (v % 64) & 1 == 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// Tells whether the variable is new.
    pub(crate) fn insert(&mut self, v: VarId) -> bool {
        if self.words.len() <= v / 64 {
            self.words.resize(v / 64 + 1, 0);
        }
        let (word, bit) = (&mut self.words[v / 64], 1 << (v % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Tells whether the variable was there.
    pub(crate) fn remove(&mut self, v: VarId) -> bool {
        let there = self.contains(v);
        if there {
            self.words[v / 64] &= !(1 << (v % 64));
        }
        there
    }

    /// The variables, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = VarId> + '_ {
        self.words.iter().enumerate().flat_map(|(k, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    64 * k + bit
                })
            })
        })
    }

    /// Adds all of another set; tells whether any variable is new.
    pub(crate) fn unite(&mut self, other: &Self) -> bool {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        let mut new = false;
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            new |= *more & !*word != 0;
            *word |= more;
        }
        new
    }

    /// Takes away all of another set.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (word, less) in self.words.iter_mut().zip(&other.words) {
            *word &= !less;
        }
    }
}

impl Extend<VarId> for VarSet {
    fn extend<I: IntoIterator<Item = VarId>>(&mut self, vars: I) {
        for v in vars {
            self.insert(v);
        }
    }
}

impl<'a> Extend<&'a VarId> for VarSet {
    fn extend<I: IntoIterator<Item = &'a VarId>>(&mut self, vars: I) {
        self.extend(vars.into_iter().copied());
    }
}

impl FromIterator<VarId> for VarSet {
    fn from_iter<I: IntoIterator<Item = VarId>>(vars: I) -> Self {
        let mut set = Self::new();
        set.extend(vars);
        set
    }
}
