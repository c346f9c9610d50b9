//! Emission of statements.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use super::exprs::{Prec, operator_token};
use crate::ir::{BinOp, Block, Edit, Expr, Header, Loop, Place, Stmt, Tape, VarId};
use crate::{kinds, methods};

impl Emitter<'_> {
    /// Statements in order, with a declaration and its branches written as one `let`.
    pub(crate) fn stmts(&self, stmts: &[Stmt]) -> TokenStream {
        let mut out = TokenStream::new();
        let mut i = 0;
        while i < stmts.len() {
            if let Some((tokens, used)) = self.let_branches(&stmts[i..]) {
                out.extend(tokens);
                i += used;
            } else {
                out.extend(self.stmt(&stmts[i]));
                i += 1;
            }
        }
        out
    }

    /// `let x; if c { …; x = a; } else { …; x = b; }`  ⇒  `let x = if c { …; a } else { …; b };`
    fn let_branches(&self, stmts: &[Stmt]) -> Option<(TokenStream, usize)> {
        let [Stmt::Declare(var), branch @ Stmt::If { .. }, ..] = stmts else {
            return None;
        };
        let value = self.branch_value(branch, *var)?;
        let binding = self.binding(*var);
        Some((quote!(let #binding = #value;), 2))
    }

    fn branch_value(&self, stmt: &Stmt, var: VarId) -> Option<TokenStream> {
        let Stmt::If { cond, then, els, tape: None } = stmt else {
            return None;
        };
        let then = self.block_value(then, var)?;
        let cond = self.condition(cond);
        if let [inner @ Stmt::If { .. }] = els.stmts.as_slice() {
            let els = self.branch_value(inner, var)?;
            return Some(quote!(if #cond { #then } else #els));
        }
        let els = self.block_value(els, var)?;
        Some(quote!(if #cond { #then } else { #els }))
    }

    fn block_value(&self, block: &Block, var: VarId) -> Option<TokenStream> {
        if !block.saves.is_empty() || !block.loads.is_empty() {
            return None;
        }
        match block.stmts.split_last()? {
            (Stmt::Assign { place, value, init: true }, rest) if place.root == var && place.path.is_empty() => {
                if rest.iter().any(|s| crate::simplify::touches(s, var)) {
                    return None;
                }
                let rest = self.stmts(rest);
                let value = self.value(value);
                Some(quote!(#rest #value))
            }
            (last @ Stmt::If { .. }, rest) => {
                let value = self.branch_value(last, var)?;
                let rest = self.stmts(rest);
                Some(quote!(#rest #value))
            }
            _ if crate::lower::diverges(&block.stmts) => Some(self.stmts(&block.stmts)),
            _ => None,
        }
    }

    /// `mut x: T`, as far as needed.
    fn binding(&self, var: VarId) -> TokenStream {
        let name = self.name(var);
        let mutable = self.is_written(var).then(|| quote!(mut));
        let ty = self.program.vars[var].ty.as_ref().map(|ty| quote!(: #ty));
        quote!(#mutable #name #ty)
    }

    /// The type of a value that is taken to carry no derivative because of a method's name.
    fn claimed_type(&self, var: VarId, value: &Expr) -> Option<TokenStream> {
        let Expr::Method { recv, name, .. } = value else { return None };
        let unknown = kinds::of_expr(self.program, self.types, recv).deref() == &kinds::Kind::Unknown;
        let ty = methods::declared_type(&name.to_string())?;
        (unknown && self.program.vars[var].ty.is_none()).then(|| quote!(: #ty))
    }

    fn stmt(&self, stmt: &Stmt) -> TokenStream {
        match stmt {
            Stmt::Let { var, value } => {
                let binding = self.binding(*var);
                let claimed = self.claimed_type(*var, value);
                let value = self.value(value);
                quote!(let #binding #claimed = #value;)
            }
            Stmt::Declare(var) => {
                let binding = self.binding(*var);
                quote!(let #binding;)
            }
            Stmt::Assign { place, value, .. } => {
                if let Some(method) = self.unsized_assignment(place) {
                    let source = match value {
                        Expr::Clone(of) => self.value(of),
                        other => self.value(other),
                    };
                    let target = self.receiver(place);
                    return quote!(#target.#method(&#source););
                }
                if place.is_view() || is_spread(value) {
                    return self.on_slot(place, |place| self.write_elements(place, value));
                }
                let mentioned = value.mentions(place.root);
                let value = self.value(value);
                self.on_slot(place, |place| {
                    if self.may_be_missing(place) {
                        let place = self.reference(place, true).tokens;
                        if mentioned {
                            // The value is read before the place is borrowed.
                            let next = proc_macro2::Ident::new("next", proc_macro2::Span::mixed_site());
                            return quote!({ let #next = #value; ::differentiable::__private::set(#place, #next); });
                        }
                        return quote!(::differentiable::__private::set(#place, #value););
                    }
                    let place = self.place_mut(place).tokens;
                    quote!(#place = #value;)
                })
            }
            Stmt::Replace { old, place, value } => self.replace(*old, place, value),
            Stmt::Update { place, op: BinOp::Add, value } if self.may_be_missing(place) => {
                self.add_part(place, value).expect("it may be missing")
            }
            Stmt::Update { place, op: BinOp::Sub, value } if self.may_be_missing(place) => {
                self.add_part(place, &crate::fold::negate(value.clone())).expect("it may be missing")
            }
            Stmt::Update { place, op, value } => {
                if place.is_view() {
                    let view = self.place_mut(place).tokens;
                    let value = self.value(value);
                    let (name, method) = op.assigning();
                    let (name, method) = (
                        proc_macro2::Ident::new(name, proc_macro2::Span::mixed_site()),
                        proc_macro2::Ident::new(method, proc_macro2::Span::mixed_site()),
                    );
                    return quote!(::core::ops::#name::#method(&mut #view, #value););
                }
                let op = operator_token(*op);
                let value = self.value(value);
                let place = self.place_mut(place).at_least(Prec::Unary);
                let op: TokenStream = format!("{op}=").parse().expect("an operator");
                quote!(#place #op #value;)
            }
            Stmt::Accumulate { place, value } => self.on_slot(place, |place| self.accumulate(place, value)),
            Stmt::Call(call) => self.call(call),
            Stmt::Pull(pull) => self.pull(pull),
            Stmt::If { cond, then, els, tape } => self.branch(cond, then, els, *tape),
            Stmt::Loop(l) => self.loop_stmt(l),
            Stmt::Scope { body, .. } => {
                let body = self.stmts(&body.stmts);
                quote!({ #body })
            }
            Stmt::Edit(edit) => self.edit(edit),
            Stmt::Save { tape, slice: Expr::Place(place), lo, hi } => self.slice("save_slice", *tape, place, lo, hi),
            Stmt::Refill { var, value, len, keep } => {
                let (name, value, len) = (self.name(*var), self.value(value), self.value(len));
                let function = if *keep { quote!(at_least) } else { quote!(refill) };
                quote!(::differentiable::__private::#function(&mut #name, #value, #len);)
            }
            Stmt::Restore { tape, place, lo, hi } => self.slice("restore_slice", *tape, place, lo, hi),
            Stmt::Cut { var, slice: Expr::Place(slice), start, len, mutable } => {
                self.cut(*var, slice, start.as_ref(), len.as_ref(), *mutable)
            }
            Stmt::Save { .. } | Stmt::Cut { .. } => unreachable!("only places are saved and cut"),
            Stmt::Effect(e) => {
                let e = self.value(e);
                quote!(#e;)
            }
            Stmt::Turn | Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => TokenStream::new(),
        }
    }

    /// The method that overwrites what a parameter refers to, where it cannot be assigned as a whole.
    fn unsized_assignment(&self, place: &Place) -> Option<TokenStream> {
        if !matches!(place.path.as_slice(), [crate::ir::Step::Deref]) {
            return None;
        }
        let var = &self.program.vars[place.root];
        let ty = var.ty.as_ref().or_else(|| self.program.vars[var.mirrors?].ty.as_ref())?;
        let syn::Type::Reference(reference) = ty else { return None };
        match &*reference.elem {
            syn::Type::Slice(_) => Some(quote!(clone_from_slice)),
            syn::Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "ArrayRef") => Some(quote!(assign)),
            _ => None,
        }
    }

    /// Wraps a write into a slot that may be absent.
    pub(crate) fn on_slot(&self, place: &Place, f: impl Fn(&Place) -> TokenStream) -> TokenStream {
        if !self.optional.contains(&place.root) {
            return f(place);
        }
        let name = self.name(place.root);
        let inner = f(place);
        quote!(if let ::core::option::Option::Some(#name) = #name.as_deref_mut() { #inner })
    }

    pub(crate) fn is_optional(&self, v: VarId) -> bool {
        self.optional.contains(&v)
    }

    /// Adds a tangent to a tangent.
    fn accumulate(&self, place: &Place, value: &Expr) -> TokenStream {
        if let Some(tokens) = self.add_part(place, value) {
            return tokens;
        }
        let kind = kinds::of_place(self.program, place);
        if kind.is_number() {
            let target = self.place_mut(place).tokens;
            if let Expr::Neg(value) = value {
                let value = self.value(value);
                return quote!(#target -= #value;);
            }
            let value = self.value(value);
            return quote!(#target += #value;);
        }
        let target = self.target(place);
        if let Some(folded) = folded(value) {
            let (function, value) = match folded {
                Expr::Neg(value) => (quote!(fold_out), &**value),
                value => (quote!(fold_in), value),
            };
            let value = self.by_reference_to_elements(value);
            return quote!(::differentiable::__private::#function(#target, #value););
        }
        let value = match value {
            Expr::Ref { of, .. } => self.by_reference_to_elements(of),
            value => self.by_reference_to_elements(value),
        };
        quote!(::differentiable::__private::accumulate(#target, #value);)
    }

    /// A reference to a tangent; a view is dereferenced.
    fn by_reference_to_elements(&self, value: &Expr) -> TokenStream {
        match value {
            Expr::Place(place) if place.is_view() => {
                let view = self.place(place).at_least(Prec::Unary);
                quote!(&*#view)
            }
            value => {
                let value = self.expr(value).at_least(Prec::Unary);
                quote!(&#value)
            }
        }
    }

    /// Writes to all elements of an array: what is written may be repeated.
    fn write_elements(&self, place: &Place, value: &Expr) -> TokenStream {
        let target = self.target(place);
        if matches!(value, Expr::Zero(_)) {
            return quote!(::differentiable::__private::clear(#target););
        }
        let inner = match value {
            Expr::Method { recv, .. } if is_spread(value) => recv,
            value => value,
        };
        let inner = match inner {
            Expr::Ref { of, .. } | Expr::Clone(of) => of,
            inner => inner,
        };
        let value = self.by_reference_to_elements(inner);
        quote!(::differentiable::__private::write(#target, #value);)
    }

    fn replace(&self, old: VarId, place: &Place, value: &Expr) -> TokenStream {
        let pattern = self.pattern(old);
        if place.is_view() || is_spread(value) {
            let held = self.expr(&Expr::Clone(Box::new(Expr::Place(place.clone())))).tokens;
            let write = self.write_elements(place, value);
            return quote!(let #pattern = #held; #write);
        }
        let kind = kinds::of_place(self.program, place);
        let new = self.value(value);
        if self.may_be_missing(place) {
            let target = self.reference(place, true).tokens;
            let next = proc_macro2::Ident::new("next", proc_macro2::Span::mixed_site());
            return quote!(let #pattern = { let #next = #new; ::differentiable::__private::replace(#target, #next) };);
        }
        if kind.is_scalar() {
            let target = self.place_mut(place).tokens;
            return quote!(let #pattern = #target; #target = #new;);
        }
        let target = self.reference(place, true).tokens;
        if value.mentions(place.root) {
            // The new value is read before the place is borrowed.
            let next = proc_macro2::Ident::new("next", proc_macro2::Span::mixed_site());
            return quote!(let #pattern = { let #next = #new; ::core::mem::replace(#target, #next) };);
        }
        quote!(let #pattern = ::core::mem::replace(#target, #new);)
    }

    /// What a scope puts on the tape, or the pattern that takes it off.
    fn entry(&self, vars: &[VarId], pattern: bool) -> TokenStream {
        let items: Vec<TokenStream> = vars
            .iter()
            .map(|v| {
                if pattern {
                    self.pattern(*v)
                } else {
                    let name = self.name(*v);
                    quote!(#name)
                }
            })
            .collect();
        match items.as_slice() {
            [one] => one.clone(),
            many => quote!((#(#many),*)),
        }
    }

    fn branch(&self, cond: &Expr, then: &Block, els: &Block, tape: Option<Tape>) -> TokenStream {
        let then_stmts = self.stmts(&then.stmts);
        let els_stmts = self.stmts(&els.stmts);
        let Some(tape) = tape else {
            let cond = self.condition(cond);
            return match (then.stmts.is_empty(), els.stmts.as_slice()) {
                (false, []) => quote!(if #cond { #then_stmts }),
                (true, _) => quote!(if !(#cond) { #els_stmts }),
                (_, [Stmt::If { tape: None, .. }]) => {
                    quote!(if #cond { #then_stmts } else #els_stmts)
                }
                _ => quote!(if #cond { #then_stmts } else { #els_stmts }),
            };
        };
        let name = self.name(tape.var);
        let private = quote!(::differentiable::__private);
        if tape.write {
            let (a, b) = (self.entry(&then.saves, false), self.entry(&els.saves, false));
            let (a, b) = match (then.saves.is_empty(), els.saves.is_empty()) {
                (false, true) => (quote!(::core::option::Option::Some(#a)), quote!(::core::option::Option::None)),
                (true, false) => (quote!(::core::option::Option::None), quote!(::core::option::Option::Some(#b))),
                _ => (quote!(#private::Either::Left(#a)), quote!(#private::Either::Right(#b))),
            };
            let cond = self.condition(cond);
            return quote!(let #name = if #cond { #then_stmts #a } else { #els_stmts #b };);
        }
        let (a, b) = (self.entry(&then.loads, true), self.entry(&els.loads, true));
        match (then.loads.is_empty(), els.loads.is_empty()) {
            (false, true) if els.stmts.is_empty() => {
                quote!(if let ::core::option::Option::Some(#a) = #name { #then_stmts })
            }
            (false, true) => {
                quote!(if let ::core::option::Option::Some(#a) = #name { #then_stmts } else { #els_stmts })
            }
            (true, false) if then.stmts.is_empty() => {
                quote!(if let ::core::option::Option::Some(#b) = #name { #els_stmts })
            }
            (true, false) => {
                quote!(if let ::core::option::Option::Some(#b) = #name { #els_stmts } else { #then_stmts })
            }
            _ => {
                quote!(match #name { #private::Either::Left(#a) => { #then_stmts } #private::Either::Right(#b) => { #els_stmts } })
            }
        }
    }

    /// `save_slice(&mut tape, &place, lo..hi)`, or `restore_slice(&mut tape, &mut place, lo..hi)`.
    fn slice(&self, function: &str, tape: VarId, place: &Place, lo: &Expr, hi: &Expr) -> TokenStream {
        let place = self.reference(place, function == "restore_slice").tokens;
        let range = Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi.clone())), inclusive: false };
        let (tape, range) = (self.name(tape), self.value(&range));
        let function = proc_macro2::Ident::new(function, proc_macro2::Span::mixed_site());
        quote!(::differentiable::__private::#function(&mut #tape, #place, #range);)
    }

    /// `let x = &slice[..len]`, or what stands for it where that begins later.
    fn cut(&self, var: VarId, slice: &Place, start: Option<&Expr>, len: Option<&Expr>, mutable: bool) -> TokenStream {
        let binding = self.binding(var);
        let tokens = |slice: &Place| {
            let Some(start) = start else {
                let len = len.map(|len| self.expr(len).tokens);
                let slice = slice.trimmed();
                let slice = if mutable { self.place_mut(&slice) } else { self.place(&slice) }.at_least(Prec::Postfix);
                return if mutable { quote!(&mut #slice[..#len]) } else { quote!(&#slice[..#len]) };
            };
            let len = self.value(len.expect("a window has a length"));
            let (start, slice) = (self.value(start), self.reference(slice, mutable).tokens);
            let name = if mutable { quote!(window_mut) } else { quote!(window) };
            quote!(::differentiable::__private::#name(#slice, #start, #len))
        };
        if self.optional.contains(&slice.root) {
            let (name, tokens) = (self.name(slice.root), tokens(slice));
            return quote!(let mut #binding = #name.as_deref_mut().map(|#name| #tokens););
        }
        let tokens = tokens(slice);
        quote!(let #binding = #tokens;)
    }

    fn loop_stmt(&self, l: &Loop) -> TokenStream {
        let body = self.stmts(&l.body.stmts);
        let exit = l
            .exits
            .iter()
            .map(|v| {
                let name = self.name(*v);
                quote!(#name)
            })
            .reduce(|a, b| quote!(#a || #b))
            .map(|cond| quote!(if #cond { break; }));
        let mut before = TokenStream::new();
        let mut entries = None;
        let mut save = TokenStream::new();
        if let Some(tape) = l.tape {
            let name = self.name(tape.var);
            if tape.write {
                let entry = self.entry(&l.body.saves, false);
                if !tape.flat {
                    let private = quote!(::differentiable::__private);
                    let counted = self.counted(l).map(|range| quote!(#private::room(#private::iterations(#range))));
                    let new = counted.unwrap_or_else(|| quote!(#private::vec::Vec::new()));
                    before = quote!(let mut #name = #new;);
                }
                save = quote!(#name.push(#entry););
            } else {
                let entry = self.entry(&l.body.loads, true);
                let start = tape.start.map(|start| self.name(start));
                entries = match (&l.header, start) {
                    (Header::Tape, Some(start)) => {
                        return quote!(for #entry in #name.drain(#start..).rev() { #body });
                    }
                    (Header::Tape, None) => {
                        return quote!(while let ::core::option::Option::Some(#entry) = #name.pop() { #body });
                    }
                    (_, Some(start)) => Some((quote!(#name.drain(#start..)), entry, tape.in_order)),
                    _ if tape.flat => {
                        let range = self.range(l);
                        Some((quote!(::differentiable::__private::last(&mut #name, #range)), entry, tape.in_order))
                    }
                    _ if tape.in_order => Some((quote!(#name), entry, true)),
                    _ => Some((quote!(#name.into_iter()), entry, false)),
                };
            }
        }
        let header = match &l.header {
            Header::Range { var, step, rev, .. } => {
                let mut range = self.range(l);
                if step.is_some() || *rev {
                    range = quote!((#range));
                }
                if let Some(step) = step {
                    let step = self.value(step);
                    range = quote!(#range.step_by(#step));
                }
                if *rev {
                    range = quote!(#range.rev());
                }
                let var = self.pattern(*var);
                match entries {
                    // An entry for each iteration, in the order in which they run.
                    Some((tape, entry, true)) => quote!(for (#var, #entry) in (#range).zip(#tape)),
                    Some((tape, entry, false)) => {
                        quote!(for (#var, #entry) in (#range).zip(#tape.rev()))
                    }
                    None => quote!(for #var in #range),
                }
            }
            Header::While(Expr::Bool(true)) => quote!(loop),
            Header::While(cond) => {
                let cond = self.condition(cond);
                quote!(while #cond)
            }
            Header::Tape => quote!(loop),
        };
        quote!(#before #header { #body #save #exit })
    }

    /// The range that a loop runs over, forward and without its step.
    fn range(&self, l: &Loop) -> TokenStream {
        let Header::Range { lo, hi, inclusive, .. } = &l.header else { unreachable!("a loop over a range") };
        let (lo, hi) = (Some(Box::new(lo.clone())), Some(Box::new(hi.clone())));
        self.value(&Expr::Range { lo, hi, inclusive: *inclusive })
    }

    /// The range of a loop that has an iteration for each of its elements.
    fn counted(&self, l: &Loop) -> Option<TokenStream> {
        let every = matches!(l.header, Header::Range { step: None, .. }) && l.exits.is_empty();
        every.then(|| self.range(l))
    }

    fn edit(&self, edit: &Edit) -> TokenStream {
        match edit {
            Edit::Push { place, value } => {
                let value = self.value(value);
                let place = self.receiver(place);
                quote!(#place.push(#value);)
            }
            Edit::Pop { var, place, unwrap } => {
                let place = self.receiver(place);
                let unwrap = unwrap.then(|| quote!(.unwrap()));
                if self.is_read(*var) {
                    let pattern = self.pattern(*var);
                    quote!(let #pattern = #place.pop() #unwrap;)
                } else {
                    quote!(#place.pop();)
                }
            }
            Edit::Exchange(a, b) => {
                let (a, b) = (self.reference(a, true).tokens, self.reference(b, true).tokens);
                quote!(::core::mem::swap(#a, #b);)
            }
            Edit::Permute { place, order, inverse } => {
                let place = self.reference(place, true).tokens;
                let order = self.expr(order).at_least(Prec::Unary);
                let function = if *inverse { quote!(unpermute) } else { quote!(permute) };
                quote!(::differentiable::__private::#function(#place, &#order);)
            }
            Edit::Swap { place, i, j } => {
                let (i, j) = (self.value(i), self.value(j));
                let place = self.receiver(place);
                quote!(#place.swap(#i, #j);)
            }
        }
    }
}

/// Whether a value is repeated along the axes of the array that it is written to.
fn is_spread(value: &Expr) -> bool {
    matches!(value, Expr::Method { name, args, .. } if name == "__spread" && args.is_empty())
}

/// A cotangent that is summed over the axes along which its operand was repeated.
fn folded(value: &Expr) -> Option<&Expr> {
    match value {
        Expr::Ref { of, .. } => match &**of {
            Expr::Method { recv, name, .. } if name == "__fold" => Some(recv),
            _ => None,
        },
        _ => None,
    }
}
