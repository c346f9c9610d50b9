//! Refusals of what would lose a derivative without a word: a closure that is handed to a function, the error of a
//! `Result`, a value that is put into a cell or behind a trait object, and a float that is written to bits or to text and read back.
//!
//! In: a function in normal form. Out: errors at the calls and constructors.

use crate::activity;
use crate::errors::Errors;
use crate::fence;
use crate::ir::{Callee, Expr, Passing, Program, Stmt, VarId};
use crate::kinds::{self, Types};
use crate::lower::lent_changes::CHANGE;
use crate::signature::Signature;
use crate::var_set::{VarMap, VarSet};
use crate::variants;

/// Reports what a derivative flows into and does not come out of.
pub(crate) fn refuse(program: &Program, types: &Types, signature: &Signature, errors: &Errors) {
    let seeds = program.params.iter().zip(&signature.params).filter(|(_, p)| p.differentiable).map(|(q, _)| q.parts[0]);
    let varied = activity::varied(program, seeds);
    let useful = activity::useful(program);
    refuse_disguises(program, &varied, &useful, errors);
    refuse_writes_through_values(program, &varied, errors);
    crate::hidden_changes::refuse(program, &varied, &useful, errors);
    let keyed = keyed(program);
    let mut hiding = VarSet::new();
    program.body.walk(&mut |s| {
        let mut found = false;
        s.parts(&mut |e| found |= hides(e, &varied), &mut |_| {});
        if found {
            hiding.extend(s.defines());
        }
    });
    let lending = lending(program);
    program.body.walk(&mut |s| match s {
        Stmt::Call(crate::ir::Call { callee: Callee::Function { .. } | Callee::Method { .. }, args, span, .. })
            if args.iter().flat_map(|a| &a.parts).flatten().any(|e| {
                crate::lower::as_place(e).is_some_and(|p| lending.contains(p.root) && varied.contains(p.root))
            }) =>
        {
            errors.at(
                *span,
                "a tuple or an array that holds references cannot be passed on where a derivative flows into it, since no tape can hold them; pass each part as an argument of its own",
            );
        }
        Stmt::Call(crate::ir::Call { callee: Callee::Function { path, qself: None }, args, span, .. })
            if shared(path, args.len()).is_some()
                && args.iter().flat_map(|a| &a.parts).flatten().any(|e| carried(e, &varied).is_some()) =>
        {
            let name = shared(path, args.len()).expect("just found");
            errors.at(
                *span,
                format!("no derivative can follow a value in `{name}`, which is shared or changes behind a shared reference; use a variable that is `mut`, or wrap the value in `stop_gradient`"),
            );
        }
        Stmt::Let { value: Expr::Call { func, qself: Some(q), args, .. }, .. }
            if func.segments.last().is_some_and(|s| s.ident == "from_iter")
                && args.iter().any(|e| carried(e, &varied).is_some()) =>
        {
            let ty = &q.ty;
            errors.at(
                q.lt_token.spans[0],
                format!(
                    "`collect` into `{}` cannot be differentiated; collect into a `Vec`, and make the other from that",
                    owner_name(ty).unwrap_or_else(|| "another type".to_owned())
                ),
            );
        }
        Stmt::Call(crate::ir::Call { callee: Callee::Method { .. }, args, span, .. })
            if let Some(Expr::Place(place)) = &args[0].parts[0]
                && let Some(name) = keyed.get(place.root)
                && args[1..].iter().flat_map(|a| &a.parts).flatten().any(|e| carried(e, &varied).is_some()) =>
        {
            errors.at(
                *span,
                format!("no derivative can follow a value in a `{name}`; keep the values in a `Vec`, and their indices in the `{name}`"),
            );
        }
        Stmt::Call(crate::ir::Call { callee: Callee::Function { path, .. }, args, span, .. })
            if path.segments.last().is_some_and(|s| s.ident == CHANGE)
                && path.segments.first().is_some_and(|s| s.ident == "differentiable")
                // A map itself carries nothing.
                && args.iter().filter(|a| a.passing != Passing::RefMut).flat_map(|a| &a.parts).flatten().any(|e| captured(e, &varied).is_some()) =>
        {
            errors.at(
                *span,
                "no derivative can follow a value that is written through a reference that a call gives, into a map for one; keep the values in a `Vec`, and their indices in the map",
            );
        }
        Stmt::Let { var, value }
            if program.vars[*var].ty.as_ref().is_some_and(is_trait_object) && carried(value, &varied).is_some() =>
        {
            errors.at(
                program.vars[*var].span,
                "no derivative can follow a value behind `dyn`, whose type is not known; use the type itself, an enum, or a generic function",
            );
        }
        Stmt::Call(crate::ir::Call { callee: Callee::Variable(g), outs, span, .. })
            if hiding.contains(*g) && outs.iter().any(|o| useful.contains(*o)) =>
        {
            errors.at(
                *span,
                format!(
                    "the closure in `{}` captures a value whose derivative would be lost; call the closure itself, without a box or a reference around it",
                    program.vars[*g].name
                ),
            );
        }
        Stmt::Call(call) if call.outs.iter().any(|o| useful.contains(*o)) => {
            let closures = call.args.iter().flat_map(|a| &a.parts).flatten().filter(|e| matches!(e, Expr::Verbatim(..)));
            if let Some(v) = closures.into_iter().find_map(|e| captured(e, &varied)) {
                errors.at(
                    call.span,
                    format!(
                        "a closure that is passed to a function cannot carry the derivative of `{}`; pass that as an argument of its own, call the closure here, or wrap it in `stop_gradient`",
                        program.vars[v].name
                    ),
                );
            }
        }
        Stmt::Let { var, value: Expr::Range { lo, hi, .. } }
            if useful.contains(*var)
                && [lo, hi].into_iter().flatten().any(|e| carried(e, &varied).is_some()) =>
        {
            errors.at(
                program.vars[*var].span,
                "no derivative can follow the ends of a range; use a tuple, or a struct of your own",
            );
        }
        Stmt::Let { var, value: Expr::Call { func, args, ctor: true, .. } }
            if variants::is_named(func, "Err")
                && useful.contains(*var)
                && args.iter().any(|e| carried(e, &varied).is_some()) =>
        {
            errors.at(
                program.vars[*var].span,
                "an error carries no derivative; give the value back in an enum of your own, or wrap it in `stop_gradient`",
            );
        }
        Stmt::Let { var, value: Expr::Method { recv, name, args, .. } }
            if useful.contains(*var)
                && !program.vars[*var].kind.is_constant()
                && kinds::of_expr(program, types, recv).deref().is_constant() =>
        {
            if let Some(v) = args.iter().find_map(|e| captured(e, &varied)) {
                errors.at(
                    program.vars[*var].span,
                    format!(
                        "`{name}` of a value without derivative cannot carry that of `{}`; write what it does out, or wrap the argument in `stop_gradient`",
                        program.vars[v].name
                    ),
                );
            }
        }
        _ => {}
    });
}

/// A variable with a derivative that flows into the value of an expression.
fn carried(e: &Expr, varied: &VarSet) -> Option<VarId> {
    let mut found = None;
    activity::carriers(e, &mut |v| found = found.or(varied.contains(v).then_some(v)));
    found
}

/// A variable with a derivative that kept code uses, also through a closure that it calls.
pub(crate) fn captured(e: &Expr, varied: &VarSet) -> Option<VarId> {
    match e {
        Expr::Verbatim(_, captures) => captures.iter().find_map(|(_, e)| captured(e, varied)),
        other => carried(other, varied),
    }
}

/// The name of a type.
pub(crate) fn owner_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(p) => Some(p.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The variables that are tuples or arrays of references, as literals of them show.
fn lending(program: &Program) -> VarSet {
    fn lends(e: &Expr) -> bool {
        match e {
            Expr::Tuple(es) | Expr::Array(es, _) => es.iter().any(|e| matches!(e, Expr::Ref { .. }) || lends(e)),
            _ => false,
        }
    }
    let mut found = VarSet::new();
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, value } = s
            && lends(value)
        {
            found.insert(*var);
        }
    });
    found
}

/// The variables that are maps, sets or heaps, as a declaration or a constructor shows, with the names of their types.
fn keyed(program: &Program) -> VarMap<String> {
    let is_keyed = |name: &String| crate::fence::is_keyed(name);
    let mut found = VarMap::new();
    for (v, var) in program.vars.iter().enumerate() {
        if let Some(name) = var.ty.as_ref().and_then(owner_name).filter(is_keyed) {
            found.insert(v, name);
        }
    }
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, value: Expr::Call { func, .. } } = s
            && program.vars[*var].ty.is_none()
            && let Some(name) = func.segments.iter().rev().nth(1).map(|s| s.ident.to_string()).filter(is_keyed)
        {
            found.insert(*var, name);
        }
    });
    found
}

/// Reports what is written through a reference that a call gives, which would be written to a variable of its own instead. A
/// value that is not such a reference has a name that is `mut` where it is changed.
fn refuse_writes_through_values(program: &Program, varied: &VarSet, errors: &Errors) {
    let may_refer = |v: &VarId| {
        let var = &program.vars[*v];
        !var.kind.is_scalar() && !var.mutable && !varied.contains(*v)
    };
    let mut given = VarSet::new();
    program.body.walk(&mut |s| match s {
        Stmt::Call(call) if matches!(call.callee, Callee::Function { .. } | Callee::Method { .. }) => {
            given.extend(call.outs.iter().copied().filter(may_refer));
        }
        Stmt::Let { var, value: Expr::Method { .. } } if may_refer(var) => {
            given.insert(*var);
        }
        _ => {}
    });
    program.body.walk(&mut |s| {
        if !matches!(s, Stmt::Assign { init: false, .. } | Stmt::Update { .. } | Stmt::Replace { .. } | Stmt::Edit(_)) {
            return;
        }
        s.parts(&mut |_| {}, &mut |place| {
            if given.contains(place.root) {
                errors.at(
                    place.span,
                    "what is written through a reference that a call gives cannot be followed; write to an element by its index, or to the value of a map in one statement, `*m.entry(k).or_insert(0) += 1`",
                );
            }
        });
    });
}

/// The name of the type that a path constructs of so many values, if its values are shared: a `Cell` is made of one.
fn shared(path: &syn::Path, values: usize) -> Option<String> {
    let owner = path.segments.iter().rev().nth(1)?.ident.to_string();
    (fence::is_shared(&owner) && (owner != "Cell" || values == 1)).then_some(owner)
}

/// Whether a type is, or holds, a trait object.
fn is_trait_object(ty: &syn::Type) -> bool {
    struct Find(bool);
    impl<'a> syn::visit::Visit<'a> for Find {
        fn visit_type_trait_object(&mut self, _: &'a syn::TypeTraitObject) {
            self.0 = true;
        }
    }
    let mut find = Find(false);
    syn::visit::Visit::visit_type(&mut find, ty);
    find.0
}

/// Reports floats that are made from the bits or the text of a value with a derivative.
fn refuse_disguises(program: &Program, varied: &VarSet, useful: &VarSet, errors: &Errors) {
    let mut disguised = VarSet::new();
    loop {
        let before = disguised.clone();
        program.body.walk(&mut |s| {
            let mut found = false;
            s.parts(&mut |e| found |= is_disguise(e, varied, &disguised), &mut |_| {});
            if found {
                disguised.extend(s.defines());
                s.uses(&mut |_| {}, &mut |v| {
                    disguised.insert(v);
                });
            }
        });
        if disguised == before {
            break;
        }
    }
    program.body.walk(&mut |s| {
        if !s.defines().iter().any(|v| useful.contains(*v)) {
            return;
        }
        let reads = match s {
            Stmt::Call(call) => match &call.callee {
                Callee::Function { path, .. } => path.segments.last().is_some_and(|s| is_reading(&s.ident.to_string())),
                Callee::Method { name, .. } => name == "parse",
                _ => false,
            },
            _ => false,
        };
        let mut found = false;
        s.parts(
            &mut |e| found |= reads && is_disguise(e, varied, &disguised) || reads_disguise(e, varied, &disguised),
            &mut |_| {},
        );
        if found {
            let span = s.defines().first().map_or_else(proc_macro2::Span::call_site, |v| program.vars[*v].span);
            errors.at(
                span,
                "a float that is made from the bits or the text of another loses its derivative; compute it by arithmetic, or wrap that value in `stop_gradient`",
            );
        }
    });
}

/// Whether an expression holds the bits or the text of a value with a derivative.
fn is_disguise(e: &Expr, varied: &VarSet, disguised: &VarSet) -> bool {
    match e {
        Expr::Place(p) if disguised.contains(p.root) => true,
        Expr::Method { recv, name, .. } if is_writing(&name.to_string()) && carried(recv, varied).is_some() => true,
        Expr::Verbatim(code, _) if is_format(code) => captured(e, varied).is_some(),
        _ => {
            let mut found = false;
            e.children(&mut |child| found |= is_disguise(child, varied, disguised));
            found
        }
    }
}

/// Whether an expression reads a float from such bits or text.
fn reads_disguise(e: &Expr, varied: &VarSet, disguised: &VarSet) -> bool {
    let direct = match e {
        Expr::Call { func, args, .. } if func.segments.last().is_some_and(|s| is_reading(&s.ident.to_string())) => {
            args.iter().any(|a| is_disguise(a, varied, disguised))
        }
        Expr::Method { recv, name, .. } if name == "parse" => is_disguise(recv, varied, disguised),
        _ => false,
    };
    let mut found = direct;
    e.children(&mut |child| found |= reads_disguise(child, varied, disguised));
    found
}

fn is_writing(name: &str) -> bool {
    matches!(name, "to_bits" | "to_string" | "to_le_bytes" | "to_be_bytes" | "to_ne_bytes")
}

/// Whether a function of this name reads a float from bits or text.
fn is_reading(name: &str) -> bool {
    matches!(name, "from_bits" | "from_le_bytes" | "from_be_bytes" | "from_ne_bytes" | "from_str")
}

fn is_format(code: &syn::Expr) -> bool {
    matches!(code, syn::Expr::Macro(m) if m.mac.path.is_ident("format"))
}

/// Whether an expression holds kept code that captures a value with a derivative.
fn hides(e: &Expr, varied: &VarSet) -> bool {
    let mut found = matches!(e, Expr::Verbatim(..)) && captured(e, varied).is_some();
    e.children(&mut |child| found |= hides(child, varied));
    found
}
