//! What generated code asks of types and functions before it uses them, with the errors that users see where that is not so.

use core::marker::PhantomData;

/// A type whose values can be the value of a loss: a real float.
#[diagnostic::on_unimplemented(
    message = "there is no gradient of a function that returns `{Self}`",
    label = "the value is no real float",
    note = "call `vjp` for the pullback, `jvp` for a directional derivative, or `jacobian` for all derivatives"
)]
pub trait Scalar<'a> {}

impl<T: crate::Real> Scalar<'_> for T {}

/// A function whose backward sweep stores nothing of variable size.
#[diagnostic::on_unimplemented(
    message = "`tape = none`: the function `{Self}` may store values of variable size for its backward sweep",
    label = "called from a function with `tape = none`",
    note = "annotate it with `#[differentiable(tape = none)]` as well, or take `tape = none` off the caller"
)]
pub trait NoTape {}

/// Compiles if a function keeps the promise of `tape = none`.
#[inline]
pub fn no_tape<T: NoTape>() {}

/// What has derivatives of its name, seen from a place.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative: it lacks `#[differentiable]`",
    label = "put `#[differentiable]` on this function, or give it a rule (`vjp = …`)",
    note = "where no derivative is to flow, wrap what it gets, or what it gives, in `stop_gradient`",
    note = "a function annotated with `type = name` is called as `name::call(…)`"
)]
pub trait Annotated<At> {}

/// A place from where functions are seen.
pub trait Here {
    /// In a module, whose names can all be imported, or in a block.
    type At;
}

/// See [`Here`].
pub struct InModule;

impl Here for InModule {
    type At = Self;
}

/// See [`Here`].
pub struct InBlock;

/// Compiles if a function is annotated.
pub const fn annotated<H: Here, T: Annotated<H::At>>() {}

/// A function that has a derivative with respect to its parameter of a number, counted from zero.
#[diagnostic::on_unimplemented(
    message = "what is passed to `{Self}` here carries a derivative, and the parameter is `#[constant]`: it would be lost",
    label = "this argument depends on what is differentiated",
    note = "take `#[constant]` off the parameter, or wrap the argument in `stop_gradient`"
)]
pub trait Takes<const PARAMETER: usize> {}

/// Compiles if a function has a derivative with respect to a parameter.
pub const fn takes<T: Takes<PARAMETER>, const PARAMETER: usize>() {}

/// What is passed to a function's parameter, by its tangent: one that is `()` carries no derivative.
pub struct Passed<F, T, const PARAMETER: usize>(PhantomData<(F, T)>);

impl<F, T, const PARAMETER: usize> Passed<F, T, PARAMETER> {
    /// It.
    pub const HERE: Self = Self(PhantomData);
}

impl<F, const PARAMETER: usize> Passed<F, (), PARAMETER> {
    /// Compiles for every function.
    pub fn accept(self) {}
}

/// Compiles if a function has a derivative with respect to the parameter.
pub trait Accept<F, const PARAMETER: usize>: Sized {
    /// Compiles if it has.
    fn accept(self)
    where
        F: Takes<PARAMETER>,
    {
    }
}

impl<F, T, const PARAMETER: usize> Accept<F, PARAMETER> for Passed<F, T, PARAMETER> {}

/// A type whose method that is called has a derivative: none, since what has one is found before.
#[diagnostic::on_unimplemented(
    message = "a method of `{Self}` that is called here has no derivative: it lacks `#[differentiable]`",
    label = "put `#[differentiable]` on the `impl` that this method stands in, and on the trait if it is one's",
    note = "where no derivative is to flow, wrap what the method gets, or what it gives, in `stop_gradient`"
)]
pub trait AnnotatedMethods {}

/// The same of a method with the name of a function of floats.
#[diagnostic::on_unimplemented(
    message = "a method of `{Self}` that is called here has no derivative: it lacks `#[differentiable]`",
    label = "put `#[differentiable]` on the `impl` that this method stands in, and on the trait if it is one's",
    note = "that of a float is called as `x.sin()` or as `f64::sin(x)`, without another name of the type",
    note = "where no derivative is to flow, wrap what the method gets, or what it gives, in `stop_gradient`"
)]
pub trait AnnotatedNumbers {}

/// A type whose conversion that is called has a derivative: none, since what has one is found before.
#[diagnostic::on_unimplemented(
    message = "this conversion, of `{Self}`, has no derivative: the `impl From` lacks `#[differentiable]`",
    label = "put `#[differentiable]` on the `impl From` that is meant here; `into` needs a declared type, `let v: Metres = x.into();`",
    note = "where no derivative is to flow, wrap what is converted in `stop_gradient`"
)]
pub trait AnnotatedConversions {}

/// A type that is made by a constructor with a tangent: none, since what has one is found before.
#[diagnostic::on_unimplemented(
    message = "what is called here is no constructor of `{Self}`: a name that begins with a capital is taken for that of a struct or a variant",
    label = "a function needs a name that begins with a small letter, or one given by `#[differentiable(type = name)]`, as which it is called: `name::call(…)`",
    note = "a struct or an enum needs `#[derive(Differentiable)]`"
)]
pub trait Constructed {}

/// What has derivatives up to an order: no type, since derivatives that are there are found before.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivatives of order {ORDER}, which are needed here: it is annotated with a lower order, if at all",
    label = "write `#[differentiable(order = {ORDER})]` where this is defined",
    note = "a function with `order = n` calls what has `order = n` or more, and the derivatives of what has one order more",
    note = "the layers, losses and kernels of `differentiable` have derivatives up to order 2; for more, write what they compute with arrays"
)]
pub trait HasOrder<const ORDER: u32> {}

/// No type has it: the message of a missing companion with several tangents at once.
#[diagnostic::on_unimplemented(
    message = "what is called here has no derivatives along several directions at once: it lacks the option `lanes`",
    label = "a function with `lanes` calls functions and methods with `lanes` only",
    note = "write `#[differentiable(lanes)]` where it is defined, or take `lanes` off here"
)]
pub trait WithLanes {}

/// A function whose rule for reverse mode is given, or which needs none.
#[diagnostic::on_unimplemented(
    message = "a derivative is called that needs reverse mode, for which there is no rule",
    label = "the function is annotated with `jvp = …` alone",
    note = "add `vjp = path` to its `#[differentiable]`"
)]
pub trait HasReverseRule<'a> {}

/// A function whose rule for forward mode is given, or which needs none.
#[diagnostic::on_unimplemented(
    message = "a derivative is called that needs forward mode, for which there is no rule",
    label = "the function is annotated with `vjp = …` alone",
    note = "add `jvp = path` to its `#[differentiable]`"
)]
pub trait HasForwardRule<'a> {}

/// A rule that is missing.
pub trait MissingRule {
    /// Which one, of which function.
    const MESSAGE: &'static str;
}

/// Stands where a missing rule is called, and is an error of every build that calls it.
pub fn missing_rule<R: MissingRule>() -> ! {
    const { panic!("{}", R::MESSAGE) }
}

/// A value that needs no memory but its own.
#[diagnostic::on_unimplemented(
    message = "`tape = none`: the backward sweep needs a value of type `{Self}`, which may be of any size",
    label = "kept for the backward sweep",
    note = "use a type that is `Copy`, such as an array of fixed length, or take `tape = none` off"
)]
pub trait FixedSize {}

impl<T: Copy> FixedSize for T {}

/// Compiles if a value is of fixed size.
#[inline]
pub fn fixed_size<T: FixedSize>(_: &T) {}

/// Compiles if a value holds no memory but its own, which a program finds out when it is built.
#[inline]
pub fn without_heap<T>(_: &T) {
    const {
        assert!(
            !core::mem::needs_drop::<T>(),
            "`tape = none`: what is called here stores values of variable size for its backward sweep"
        );
    }
}
