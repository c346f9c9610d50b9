//! Maps and sets whose hash is cheap: an expansion looks up short names and numbers of its own, very often.

/// A map.
pub(crate) type HashMap<K, V> = rustc_hash::FxHashMap<K, V>;

/// A set.
pub(crate) type HashSet<T> = rustc_hash::FxHashSet<T>;
