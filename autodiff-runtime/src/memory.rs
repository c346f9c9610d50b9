//! Keeps freed memory in the process while it trains or takes gradients with long tapes.
//!
//! A training step allocates and frees the same arrays again and again. The allocator of glibc gives freed memory back
//! to the system, unless it has seen that blocks of some size come and go: from then on it keeps twice that size. A
//! step that fetches its memory anew spends up to half of its time in page faults.

use std::hint::black_box;
use std::sync::Once;

/// The largest block from which glibc learns on 64-bit systems, less what it adds for itself.
const BLOCK: usize = (32 << 20) - (64 << 10);

/// Makes the allocator keep up to 64 MiB of freed memory, by showing it a block that comes and goes. The block is never
/// written to, so it costs nothing; other allocators take no notice.
pub(crate) fn keep_freed() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(black_box(Vec::<u8>::with_capacity(black_box(BLOCK)))));
}
