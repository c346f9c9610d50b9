//! Switches: analyses that can be left out, to measure what each of them brings.
//!
//! The environment variable `DIFFERENTIABLE_WITHOUT` names them while a macro is expanded, separated by commas. What is
//! generated then gives the same derivatives at a higher cost. Cargo does not see the variable: touch a source file after it
//! has changed. `benches/gradbench/switches.py` makes a table of what they bring, and `docs/costs.md` holds it.

use std::sync::OnceLock;

/// An analysis that can be switched off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Analysis {
    /// The types of fields and of the values of functions are read where they are declared.
    Surroundings,
    /// What is cheap is computed again, not stored.
    Recompute,
    /// Cotangents that nobody reads are not computed, and those that are added to once begin as what is added.
    Adjoints,
    /// No cotangents are asked of callees for arguments that need none.
    Callees,
    /// Callees do not restore `&mut` arguments that are outputs alone.
    Outputs,
    /// Derivatives multiply by reciprocals that are at hand, where they would divide.
    Reciprocals,
    /// The sweeps of loops, branches and calls run one after the other where that is possible.
    Fuse,
    /// The tapes of inner loops are one.
    Flat,
    /// Room for a tape is reserved at once.
    Room,
    /// What a block adds to one element is added at once.
    Merges,
    /// Counters are found from the index of a loop.
    Counters,
    /// Sums of a loop are added up in a variable.
    Sums,
    /// Vectors of one iteration are allocated once.
    Buffers,
    /// Of operands of sums and differences their shape is stored, if types turn out to be those of numbers.
    Operands,
    /// Overwritten elements of slices are saved as slices.
    Slices,
    /// Backward loops that only add run forward.
    Order,
    /// The tapes of loops that run a known number of times are slices.
    Rows,
    /// What is restored only to be read is read on its tape.
    Lent,
    /// Slices are cut to what a loop reaches of them.
    Cuts,
    /// What a loop adds to one cotangent is added up in several parts.
    Parts,
    /// Of a maximum or minimum, only the winner is differentiated.
    Winners,
    /// Scratch space is local to an iteration.
    Scratch,
}

const ALL: [(&str, Analysis); 22] = [
    ("surroundings", Analysis::Surroundings),
    ("recompute", Analysis::Recompute),
    ("adjoints", Analysis::Adjoints),
    ("callees", Analysis::Callees),
    ("outputs", Analysis::Outputs),
    ("reciprocals", Analysis::Reciprocals),
    ("fuse", Analysis::Fuse),
    ("flat", Analysis::Flat),
    ("room", Analysis::Room),
    ("merges", Analysis::Merges),
    ("counters", Analysis::Counters),
    ("sums", Analysis::Sums),
    ("buffers", Analysis::Buffers),
    ("operands", Analysis::Operands),
    ("slices", Analysis::Slices),
    ("order", Analysis::Order),
    ("rows", Analysis::Rows),
    ("lent", Analysis::Lent),
    ("cuts", Analysis::Cuts),
    ("parts", Analysis::Parts),
    ("winners", Analysis::Winners),
    ("scratch", Analysis::Scratch),
];

impl Analysis {
    /// Whether it is to be done.
    pub(crate) fn is_on(self) -> bool {
        static OFF: OnceLock<Vec<Analysis>> = OnceLock::new();
        let off = OFF.get_or_init(|| named(&std::env::var("DIFFERENTIABLE_WITHOUT").unwrap_or_default()));
        !off.contains(&self)
    }
}

/// The analyses of a list.
fn named(list: &str) -> Vec<Analysis> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let find = |name: &str| {
        let known = ALL.iter().find(|(n, _)| *n == name);
        known.unwrap_or_else(|| panic!("`DIFFERENTIABLE_WITHOUT` names `{name}`, which is no analysis: {ALL:?}")).1
    };
    names.map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::{ALL, Analysis, named};

    #[test]
    fn analyses_are_found_by_name() {
        assert_eq!(named(""), []);
        assert_eq!(named("fuse, cuts"), [Analysis::Fuse, Analysis::Cuts]);
        for (name, analysis) in ALL {
            assert_eq!(format!("{analysis:?}").to_lowercase(), name);
        }
    }

    #[test]
    #[should_panic(expected = "`quick`, which is no analysis")]
    fn unknown_names_are_refused() {
        named("quick");
    }
}
