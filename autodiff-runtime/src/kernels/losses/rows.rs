//! Which samples of the data the rows of a batch are, so that errors name those that a user can look up.

use std::cell::{Cell, RefCell};

thread_local! {
    static SAMPLES: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static DATA: Cell<&'static str> = const { Cell::new("") };
}

/// Runs `f`, in which row `i` of a batch is sample `samples[i]` of `data`, such as "the validation data".
pub(crate) fn of_samples<R>(data: &'static str, samples: &[usize], f: impl FnOnce() -> R) -> R {
    /// Forgets the samples, also when `f` panics.
    struct Forget;

    impl Drop for Forget {
        fn drop(&mut self) {
            SAMPLES.with_borrow_mut(Vec::clear);
        }
    }

    SAMPLES.with_borrow_mut(|known| {
        known.clear();
        known.extend_from_slice(samples);
    });
    DATA.set(data);
    let _forget = Forget;
    f()
}

/// The name of a row of a batch with this many rows.
pub(super) fn name(row: usize, rows: usize) -> String {
    let sample = SAMPLES.with_borrow(|samples| if samples.len() == rows { samples.get(row).copied() } else { None });
    match sample {
        Some(sample) => format!("row {row}, which is sample {sample} of {},", DATA.get()),
        None => format!("row {row}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_while_a_batch_is_at_hand() {
        assert_eq!(name(1, 2), "row 1");
        of_samples("the data", &[7, 3], || {
            assert_eq!(name(1, 2), "row 1, which is sample 3 of the data,");
            assert_eq!(name(1, 6), "row 1", "these rows are not those of the batch");
        });
        assert_eq!(name(1, 2), "row 1");
    }
}
