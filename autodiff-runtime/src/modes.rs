//! Which modes a function has: both, unless it calls, itself or through others, a function with a rule for one alone.
//!
//! A macro does not see what the functions do that its function calls, and those may call each other in circles. So the type
//! beside a function has a marker for each mode if those of all that it calls have it. The markers are traits of `core`
//! which types have unless something keeps them from it, and which therefore may depend on themselves: `UnwindSafe` stands
//! for forward mode, `RefUnwindSafe` for reverse mode. No value of such a type exists, so nothing else is meant by them.
//!
//! What needs one of the two modes asks for them with `(&&&Modes::of(…)).choose()`, whose type is the answer, and hands
//! that three functions, of which it calls one: those of a mode that is missing must not be compiled.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// What lacks the marker of forward mode.
pub struct WithoutForward(PhantomData<&'static mut ()>);

/// What lacks the marker of reverse mode.
pub struct WithoutReverse(PhantomData<UnsafeCell<()>>);

/// What is asked for its modes.
pub struct Modes<T>(PhantomData<T>);

impl<T> Modes<T> {
    /// The question about the type of a value.
    #[inline]
    #[must_use]
    pub fn of(_: T) -> Self {
        Self(PhantomData)
    }
}

/// An answer: it calls one of three functions, for both modes, for forward and for reverse mode alone.
macro_rules! answer {
    ($name:ident, $ask:ident, $for:ty, ($($bound:tt)*), $chosen:ident of ($($function:ident)*)) => {
        #[doc = concat!("See the trait `", stringify!($ask), "`.")]
        pub struct $name;

        impl $name {
            /// Calls one of the functions.
            #[inline]
            pub fn call<S, A, R>(
                self,
                $($function: impl FnOnce(S, A) -> R,)*
                receiver: S,
                arguments: A,
            ) -> R {
                let _ = ($(&$function,)*);
                $chosen(receiver, arguments)
            }
        }

        #[doc = concat!("Gives `", stringify!($name), "` where that is the answer.")]
        pub trait $ask {
            /// The answer.
            #[inline]
            fn choose(&self) -> $name {
                $name
            }
        }

        impl<T $($bound)*> $ask for $for {}
    };
}

answer!(BothModes, AskForBoth, &&Modes<T>, (: UnwindSafe + RefUnwindSafe), both of (both forward reverse));
answer!(ForwardAlone, AskForForward, &Modes<T>, (: UnwindSafe), forward of (both forward reverse));
answer!(ReverseAlone, AskForReverse, Modes<T>, (), reverse of (both forward reverse));
