//! The options of the attribute: `#[differentiable(wrt(a, b), order = 2, type = name, …)]`.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Ident, LitInt, Path, Token};

use crate::surroundings::Surroundings;

/// What the user asks for.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Narrows the public functions to these parameters.
    pub(crate) wrt: Option<Vec<Ident>>,
    /// The highest derivative; 0 stands for the default, 1.
    pub(crate) order: u32,
    /// On a trait: up to which order every `impl` has derivatives.
    pub(crate) required: Option<u32>,
    /// The name of the twin type.
    pub(crate) twin: Option<Ident>,
    pub(crate) vjp: Option<Path>,
    pub(crate) jvp: Option<Path>,
    /// The functions `<kernel>_forward`, `<kernel>_adjoint` and `<kernel>_tangent` of the runtime.
    pub(crate) kernel: Option<Path>,
    /// What a kernel is in the differentiable language, for its derivatives of higher order.
    pub(crate) body: Option<syn::Expr>,
    /// The function that is zero at the value.
    pub(crate) implicit: Option<Path>,
    pub(crate) prefix: Option<Ident>,
    pub(crate) skip: bool,
    /// The parameters that may be infinite, as what is missing is.
    pub(crate) infinite: Vec<Ident>,
    /// The backward sweep stores nothing of variable size.
    pub(crate) tape_none: bool,
    /// There is a companion with several tangents at once.
    pub(crate) lanes: bool,
    /// There are sweeps alone, for other derivatives of the runtime: no public ones.
    pub(crate) hidden: bool,
    /// What stands around the item.
    pub(crate) surroundings: Surroundings,
}

impl Options {
    /// The highest derivative.
    pub(crate) fn order(&self) -> u32 {
        self.order.max(1)
    }
}

impl Options {
    /// An error where one of these options, which speak of one function, stands on a block of so many methods: a prefix may
    /// stand on a block of one.
    pub(crate) fn refuse_on_a_block(&self, methods: usize) -> syn::Result<()> {
        let rule = self
            .vjp
            .as_ref()
            .or(self.jvp.as_ref())
            .or(self.implicit.as_ref())
            .map(|path| ("a rule", Spanned::span(path)));
        let of_name = |option, name: Option<&Ident>| name.map(|name| (option, name.span()));
        let found = of_name("`prefix = …`", self.prefix.as_ref().filter(|_| methods != 1))
            .or_else(|| of_name("`wrt(…)`", self.wrt.iter().flatten().next()))
            .or_else(|| of_name("`type = …`", self.twin.as_ref()))
            .or_else(|| of_name("`infinite(…)`", self.infinite.first()))
            .or(rule);
        let Some((option, span)) = found else { return Ok(()) };
        Err(syn::Error::new(
            span,
            format!("{option} speaks of one function; write it on a method, not on the `impl` block"),
        ))
    }

    /// Whether a derivative is written by hand.
    pub(crate) fn has_rule(&self) -> bool {
        self.vjp.is_some() || self.jvp.is_some() || self.kernel.is_some() || self.implicit.is_some()
    }
}

/// The names in parentheses.
fn names(input: ParseStream) -> syn::Result<Vec<Ident>> {
    let content;
    syn::parenthesized!(content in input);
    let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, syn::ext::IdentExt::parse_any)?;
    Ok(names.into_iter().collect())
}

impl Parse for Options {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            if input.peek(Token![type]) {
                input.parse::<Token![type]>()?;
                input.parse::<Token![=]>()?;
                options.twin = Some(input.parse()?);
            } else {
                let name: Ident = input.parse()?;
                match name.to_string().as_str() {
                    "wrt" => options.wrt = Some(names(input)?),
                    "infinite" => options.infinite = names(input)?,
                    "order" => {
                        input.parse::<Token![=]>()?;
                        let order: LitInt = input.parse()?;
                        options.order = order.base10_parse()?;
                        if options.order == 0 || options.order > 4 {
                            return Err(syn::Error::new(order.span(), "`order` must be between 1 and 4"));
                        }
                    }
                    "required" => {
                        input.parse::<Token![=]>()?;
                        options.required = Some(input.parse::<LitInt>()?.base10_parse()?);
                    }
                    "vjp" => {
                        input.parse::<Token![=]>()?;
                        options.vjp = Some(input.parse()?);
                    }
                    "jvp" => {
                        input.parse::<Token![=]>()?;
                        options.jvp = Some(input.parse()?);
                    }
                    "kernel" => {
                        input.parse::<Token![=]>()?;
                        options.kernel = Some(input.parse()?);
                    }
                    "body" if options.kernel.is_some() => {
                        input.parse::<Token![=]>()?;
                        options.body = Some(input.parse()?);
                    }
                    "implicit" => {
                        input.parse::<Token![=]>()?;
                        options.implicit = Some(input.parse()?);
                    }
                    "prefix" => {
                        input.parse::<Token![=]>()?;
                        options.prefix = Some(input.parse()?);
                    }
                    "skip" => options.skip = true,
                    "lanes" => options.lanes = true,
                    "hidden" => options.hidden = true,
                    "tape" => {
                        input.parse::<Token![=]>()?;
                        let what: Ident = input.parse()?;
                        if what != "none" {
                            return Err(syn::Error::new(
                                what.span(),
                                "the only promise about the tape is `tape = none`",
                            ));
                        }
                        options.tape_none = true;
                    }
                    other => {
                        return Err(syn::Error::new(
                            name.span(),
                            format!(
                                "unknown option `{other}`; there are `wrt(…)`, `order = n`, `type = name`, `prefix = name`, `vjp = path`, `jvp = path`, `implicit = path`, `infinite(…)`, `tape = none`, `lanes` and `skip`"
                            ),
                        ));
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if let Some(path) = options.implicit.as_ref().filter(|_| options.vjp.is_some() || options.jvp.is_some()) {
            return Err(syn::Error::new_spanned(
                path,
                "`implicit = …` is the rule of both modes; take `vjp` and `jvp` off",
            ));
        }
        if let Some(path) = options.vjp.as_ref().filter(|_| options.order > 1 && options.jvp.is_none()) {
            let text = "second derivatives of a function with a rule are those of its rule for forward mode: add `jvp = …`, a function that has `#[differentiable]` itself";
            return Err(syn::Error::new_spanned(path, text));
        }
        if let Some(path) = options.implicit.as_ref().filter(|_| options.order > 1) {
            let text =
                "a solution has first derivatives only: take `order` off, or differentiate the iterations instead";
            return Err(syn::Error::new_spanned(path, text));
        }
        Ok(options)
    }
}
