//! Batches that are divided into parts: on several threads with the feature `threads`.

/// From this much work for each part on, dividing is worth the while of waking a thread.
const PART: usize = 1 << 20;

/// Into how many parts to divide a batch for threads.
pub(super) fn parts_for_threads(work: usize, batch: usize) -> usize {
    #[cfg(feature = "threads")]
    let threads = rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    let threads = 1;
    (work / PART).min(threads).min(batch).max(1)
}

/// Into how many parts to divide a batch whose parts are added up: however many threads there are, so that sums have
/// the same bits everywhere.
pub(super) fn parts_of_sums(work: usize, batch: usize) -> usize {
    (work / (4 * PART)).clamp(1, 8).min(batch.max(1))
}

/// The sizes of that many parts, as even as possible.
pub(super) fn sizes(batch: usize, parts: usize) -> impl Iterator<Item = usize> {
    (0..parts).map(move |part| batch * (part + 1) / parts - batch * part / parts)
}

/// Calls a function for each part.
pub(super) fn for_parts<P: Send>(parts: Vec<P>, f: impl Fn(P) + Sync + Send) {
    #[cfg(feature = "threads")]
    if parts.len() > 1 {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        return parts.into_par_iter().for_each(f);
    }
    parts.into_iter().for_each(f);
}
