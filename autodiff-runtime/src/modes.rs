//! Which modes a function has: both, unless it calls, itself or through others, a function with a rule for one alone.
//!
//! A macro does not see what the functions do that its function calls, and those may call each other in circles. So the type
//! beside a function has a marker for each mode if those of all that it calls have it. The markers are traits of `core`
//! which types have unless something keeps them from it, and which therefore may depend on themselves: `UnwindSafe` stands
//! for forward mode, `RefUnwindSafe` for reverse mode. No value of such a type exists, so nothing else is meant by them.
//!
//! What needs one of the two modes asks for them with `(&&&Question::about(…)).answer()`, whose type is the answer: sweeps of
//! a mode that is missing must not be compiled.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// What lacks the marker of forward mode.
pub struct WithoutForward(PhantomData<&'static mut ()>);

/// What lacks the marker of reverse mode.
pub struct WithoutReverse(PhantomData<UnsafeCell<()>>);

/// What is asked for its modes.
pub struct Question<T>(PhantomData<T>);

impl<T> Question<T> {
    /// The question about the type of what a closure gives, which is not called.
    #[inline]
    #[must_use]
    pub fn about(_: impl FnOnce() -> T) -> Self {
        Self(PhantomData)
    }
}

/// An answer, and who gives it.
macro_rules! answer {
    ($name:ident, $ask:ident, $for:ty, $($bound:tt)*) => {
        #[doc = concat!("See the trait `", stringify!($ask), "`.")]
        pub struct $name;

        #[doc = concat!("Gives `", stringify!($name), "` where that is the answer.")]
        pub trait $ask {
            /// The answer.
            #[inline]
            fn answer(&self) -> $name {
                $name
            }
        }

        impl<T $($bound)*> $ask for $for {}
    };
}

answer!(BothModes, AskForBoth, &&Question<T>, : UnwindSafe + RefUnwindSafe);
answer!(ForwardAlone, AskForForward, &Question<T>, : UnwindSafe);
answer!(ReverseAlone, AskForReverse, Question<T>,);
