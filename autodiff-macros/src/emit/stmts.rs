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
                let value = self.value(value);
                self.on_slot(place, |place| {
                    if self.may_be_missing(place) {
                        let place = self.reference(place, true).tokens;
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
        let target = self.reference(place, true).tokens;
        let value = match value {
            Expr::Ref { of, .. } => self.expr(of).at_least(Prec::Unary),
            value => self.expr(value).at_least(Prec::Unary),
        };
        quote!(::differentiable::__private::accumulate(#target, &#value);)
    }

    fn replace(&self, old: VarId, place: &Place, value: &Expr) -> TokenStream {
        let pattern = self.pattern(old);
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
                before = if let (Header::Range { lo, hi, inclusive, step: None, .. }, true) =
                    (&l.header, l.exits.is_empty())
                {
                    let range = self.value(&Expr::Range {
                        lo: Some(Box::new(lo.clone())),
                        hi: Some(Box::new(hi.clone())),
                        inclusive: *inclusive,
                    });
                    quote!(let mut #name = ::differentiable::__private::vec::Vec::with_capacity((#range).size_hint().0);)
                } else {
                    quote!(let mut #name = ::differentiable::__private::vec::Vec::new();)
                };
                save = quote!(#name.push(#entry););
            } else {
                let entry = self.entry(&l.body.loads, true);
                if matches!(l.header, Header::Tape) {
                    return quote!(while let ::core::option::Option::Some(#entry) = #name.pop() { #body });
                }
                entries = Some((name, entry, tape.in_order));
            }
        }
        let header = match &l.header {
            Header::Range { var, lo, hi, inclusive, step, rev } => {
                let range = Expr::Range {
                    lo: Some(Box::new(lo.clone())),
                    hi: Some(Box::new(hi.clone())),
                    inclusive: *inclusive,
                };
                let mut range = self.value(&range);
                if let Some(step) = step {
                    let step = self.value(step);
                    range = quote!((#range).step_by(#step));
                } else if *rev {
                    range = quote!((#range));
                }
                if *rev {
                    range = quote!(#range.rev());
                }
                let var = self.pattern(*var);
                match entries {
                    // An entry for each iteration, in the order in which they run.
                    Some((tape, entry, true)) => quote!(for (#var, #entry) in (#range).zip(#tape)),
                    Some((tape, entry, false)) => {
                        quote!(for (#var, #entry) in (#range).zip(#tape.into_iter().rev()))
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
