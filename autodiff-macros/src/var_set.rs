//! Sets of variables, as bits: cheap to copy and to unite, which is what analyses along the flow of control do; and maps
//! from variables, as lists.
//!
//! Macros run unoptimised in debug builds of their users: what hashing costs there would be a tenth of all time.

use crate::ir::VarId;

/// A map from variables, with a place for each up to the last that it has.
#[derive(Clone, Debug)]
pub(crate) struct VarMap<T> {
    list: Vec<Option<T>>,
}

impl<T> Default for VarMap<T> {
    fn default() -> Self {
        Self { list: Vec::new() }
    }
}

impl<T> VarMap<T> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn get(&self, v: VarId) -> Option<&T> {
        match self.list.get(v) {
            Some(Some(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn contains(&self, v: VarId) -> bool {
        matches!(self.list.get(v), Some(Some(_)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.iter().all(Option::is_none)
    }

    /// Where the value of a variable is.
    fn place(&mut self, v: VarId) -> &mut Option<T> {
        if self.list.len() <= v {
            self.list.resize_with(v + 1, || None);
        }
        &mut self.list[v]
    }

    pub(crate) fn insert(&mut self, v: VarId, value: T) {
        *self.place(v) = Some(value);
    }

    pub(crate) fn remove(&mut self, v: VarId) -> Option<T> {
        self.list.get_mut(v).and_then(Option::take)
    }

    /// Takes the variables out that are not to be kept.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(VarId) -> bool) {
        for (v, value) in self.list.iter_mut().enumerate() {
            if value.is_some() && !keep(v) {
                *value = None;
            }
        }
    }

    /// The value of a variable, which is made if there is none.
    pub(crate) fn or_insert_with(&mut self, v: VarId, make: impl FnOnce() -> T) -> &mut T {
        self.place(v).get_or_insert_with(make)
    }

    pub(crate) fn or_default(&mut self, v: VarId) -> &mut T
    where
        T: Default,
    {
        self.or_insert_with(v, T::default)
    }

    /// The values, in the order of their variables.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.list.iter().flatten()
    }

    /// The variables with their values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (VarId, &T)> {
        self.list.iter().enumerate().filter_map(|(v, value)| Some((v, value.as_ref()?)))
    }
}

impl<T> std::ops::Index<VarId> for VarMap<T> {
    type Output = T;

    fn index(&self, v: VarId) -> &T {
        self.get(v).expect("a variable of the map")
    }
}

impl<T> FromIterator<(VarId, T)> for VarMap<T> {
    fn from_iter<I: IntoIterator<Item = (VarId, T)>>(pairs: I) -> Self {
        let mut map = Self::new();
        pairs.into_iter().for_each(|(v, value)| map.insert(v, value));
        map
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
        let (at, bit) = (v / 64, 1 << (v % 64));
        if let Some(word) = self.words.as_mut_slice().get_mut(at) {
            let new = *word & bit == 0;
            *word |= bit;
            return new;
        }
        self.words.resize(at, 0);
        self.words.push(bit);
        true
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
        let more = other.words.as_slice();
        if self.words.len() < more.len() {
            self.words.resize(more.len(), 0);
        }
        // Indices of slices cost nothing where iterators are not optimised.
        let (words, mut new, mut k) = (self.words.as_mut_slice(), false, 0);
        while k < more.len() {
            new |= more[k] & !words[k] != 0;
            words[k] |= more[k];
            k += 1;
        }
        new
    }

    /// Keeps what is in another set as well.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        for (word, both) in self.words.iter_mut().zip(&other.words) {
            *word &= both;
        }
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
