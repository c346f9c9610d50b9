//! What the backward sweep needs of the forward sweep: for the documentation of a derivative, and for
//! `#[differentiable(tape = none)]`, which refuses what has no fixed size.
//!
//! In: the program of both sweeps with its tapes. Out: sentences, errors, or the tokens that leave a decision to the
//! types. Of fixed size are local variables that can be copied; a loop's tape, a pullback in a box, and a variable of
//! a type that cannot be copied are not.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use crate::emit::Emitter;
use crate::errors::Errors;
use crate::expand::{Function, Sweeps};
use crate::ir::{Block, Callee, Loop, Program, Role, Stmt, VarId};
use crate::kinds::{Float, Kind};
use crate::labels::Labels;
use crate::var_set::{VarMap, VarSet};

/// What one loop keeps of each iteration.
struct Kept<'a> {
    of: &'a Loop,
    vars: Vec<VarId>,
    /// In the backward sweep: where there are checkpoints, kept only while one is run again.
    again: bool,
}

/// Looks for what the loops of a program keep, outermost first.
struct Search<'a> {
    program: &'a Program,
    again: bool,
    found: Vec<Kept<'a>>,
}

/// What the loops of a program keep.
fn kept(program: &Program) -> Vec<Kept<'_>> {
    let mut search = Search { program, again: false, found: Vec::new() };
    let (forward, backward) = sweeps(program);
    search.stmts(forward, None);
    search.again = true;
    search.stmts(backward, None);
    search.found.retain(|k| !k.vars.is_empty());
    search.found
}

/// The statements of the forward and of the backward sweep.
fn sweeps(program: &Program) -> (&[Stmt], &[Stmt]) {
    let stmts = &program.body.stmts;
    stmts.split_at(stmts.iter().position(|s| matches!(s, Stmt::Turn)).unwrap_or(stmts.len()))
}

impl<'a> Search<'a> {
    /// Looks through statements, inside the loop with an index, if there is one.
    fn stmts(&mut self, stmts: &'a [Stmt], inside: Option<usize>) {
        for stmt in stmts {
            match stmt {
                Stmt::Loop(l) if l.tape.is_some_and(|t| t.write) => {
                    self.found.push(Kept { of: l, vars: Vec::new(), again: self.again });
                    let at = self.found.len() - 1;
                    self.saves(&l.body, at);
                    self.stmts(&l.body.stmts, Some(at));
                }
                Stmt::If { then, els, tape, .. } => {
                    for branch in [then, els] {
                        if let (Some(at), true) = (inside, tape.is_some_and(|t| t.write)) {
                            self.saves(branch, at);
                        }
                        self.stmts(&branch.stmts, inside);
                    }
                }
                other => other.blocks().into_iter().for_each(|b| self.stmts(&b.stmts, inside)),
            }
        }
    }

    /// Notes what a block saves; the tapes of loops and branches inside are noted with those.
    fn saves(&mut self, block: &Block, at: usize) {
        let own = tapes_of_scopes(block);
        for v in &block.saves {
            if !own.contains(*v) && !self.found[at].vars.contains(v) && !is_unit(self.program, *v) {
                self.found[at].vars.push(*v);
            }
        }
    }
}

fn is_unit(program: &Program, v: VarId) -> bool {
    program.vars[v].kind == Kind::Unit
}

/// The tape variables of the loops and branches directly inside a block.
fn tapes_of_scopes(block: &Block) -> VarSet {
    block
        .stmts
        .iter()
        .filter_map(|s| match s {
            Stmt::If { tape, .. } => tape.map(|t| t.var),
            Stmt::Loop(l) => l.tape.map(|t| t.var),
            _ => None,
        })
        .collect()
}

/// The statement that makes each variable.
fn origins<'a>(block: &'a Block, into: &mut VarMap<&'a Stmt>) {
    for stmt in &block.stmts {
        stmt.each_defined(&mut |v| {
            into.insert(v, stmt);
        });
        stmt.blocks().into_iter().for_each(|b| origins(b, into));
    }
}

/// A variable, for a sentence: its name and type, or what it is of.
fn described(program: &Program, labels: &Labels<'_>, origins: &VarMap<&Stmt>, v: VarId) -> String {
    let var = &program.vars[v];
    let ty = match &var.kind {
        Kind::Float(Float::F64 | Float::Any) => " (`f64`)".to_owned(),
        Kind::Float(Float::F32) => " (`f32`)".to_owned(),
        Kind::Float(Float::Generic(name)) => format!(" (`{name}`)"),
        Kind::Int => " (an integer)".to_owned(),
        Kind::Bool => " (`bool`)".to_owned(),
        _ => String::new(),
    };
    if var.role == Role::Tape {
        let callee = match origins.get(v) {
            Some(Stmt::Call(call)) => labels.callee(&call.callee),
            _ => String::new(),
        };
        return format!("the pullback of `{callee}`");
    }
    let mut text = None;
    match origins.get(v) {
        Some(Stmt::Replace { place, .. }) => {
            text = Some(format!("the value of `{}` before it is overwritten", labels.place(place)));
        }
        Some(Stmt::Call(call)) if var.role == Role::Temporary => {
            text = Some(format!("the value of `{}`", labels.callee(&call.callee)));
        }
        Some(Stmt::Let { value, .. }) if var.name == "old" => {
            text = Some(format!("the value of `{}` before it is overwritten", labels.text(value)));
        }
        _ => {}
    }
    // The copy that a checkpoint starts from again.
    if let Some(of) = var.name.strip_suffix("_before").filter(|_| var.role == Role::Temporary) {
        text = Some(format!("a copy of `{of}`"));
    }
    let shown = labels.text(&crate::ir::Expr::var(v, var.span));
    if var.role == Role::Temporary && shown == labels.name(v) {
        text.get_or_insert_with(|| "a temporary".to_owned());
    }
    text.unwrap_or_else(|| format!("`{shown}`")) + &ty
}

/// What the backward sweep of a function stores, at a level: what comes after "stores".
fn stored(f: &Function, level: u32, sweeps: Sweeps) -> String {
    f.described(&f.adjoint(level, sweeps), |program| description(f, program))
}

/// What a public derivative stores, for its documentation.
pub(crate) fn of_derivative(f: &Function, base: &str) -> Option<String> {
    if matches!(base, "source" | "graph") {
        return None;
    }
    if matches!(base, "jvp" | "jvps") {
        return Some("It goes forward, and stores nothing.".to_owned());
    }
    if f.options.has_rule() {
        return Some("What is stored for the way back is up to the rule.".to_owned());
    }
    Some(match base {
        "hvp" | "hessian" | "hessian_diagonal" => {
            format!("The backward sweep of a product stores{}.", stored(f, 1, sweeps_of(f, "grad")))
        }
        "jacobian" | "jacobian_pattern" | "jacobian_sparse" | "check" | "check_with" => {
            format!("A sweep that goes backward stores{}.", stored(f, 0, sweeps_of(f, "vjp")))
        }
        base => format!("The backward sweep stores{}.", stored(f, 0, sweeps_of(f, base))),
    })
}

fn description(f: &Function, program: &Program) -> String {
    let (kept, snapshots) = (kept(program), snapshots(program));
    if kept.is_empty() && snapshots.is_empty() {
        return " nothing but local variables".to_owned();
    }
    let emitter = Emitter::new(program, &f.types, VarSet::new(), &f.reserved);
    let labels = Labels::new(program, &emitter);
    let mut made = VarMap::default();
    origins(&program.body, &mut made);
    let mut checkpoints = false;
    f.primal.body.walk(&mut |s| match s {
        Stmt::Scope { checkpoint, .. } => checkpoints |= checkpoint,
        Stmt::Loop(l) => checkpoints |= l.plan.is_some(),
        _ => {}
    });
    let loops: Vec<String> = kept
        .into_iter()
        .map(|k| {
            let mut vars: Vec<String> = Vec::new();
            for text in k.vars.iter().map(|v| described(program, &labels, &made, *v)) {
                if !vars.contains(&text) {
                    vars.push(text);
                }
            }
            let when = if k.again && checkpoints { "while it runs a checkpoint again, " } else { "" };
            format!("{when}for each iteration of `{}`, {}", labels.header(k.of), listed(&vars))
        })
        .chain(snapshots)
        .collect();
    format!(", {}", loops.join("; "))
}

/// The sweeps behind a public derivative.
fn sweeps_of(f: &Function, base: &str) -> Sweeps {
    let scalar = matches!(f.types.kind_of(f.signature.output.as_ref()), Some(Kind::Float(_)));
    if scalar && base != "vjp" { Sweeps::Seeded { narrowed: true } } else { Sweeps::Taped }
}

/// What the backward sweeps of a function store, for the section about its derivatives.
pub(crate) fn sentence(f: &Function) -> String {
    let (gradient, pullback) = (stored(f, 0, sweeps_of(f, "grad")), stored(f, 0, sweeps_of(f, "vjp")));
    if gradient == pullback {
        format!("The backward sweep stores{gradient}.")
    } else {
        format!("The backward sweep of the gradient stores{gradient}. That of the pullback stores{pullback}.")
    }
}

/// The states that a binomial schedule keeps.
fn snapshots(program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, .. } = s
            && let (Role::Temporary, Some(of)) =
                (program.vars[*var].role, program.vars[*var].name.strip_suffix("_snapshots"))
        {
            found.push(format!("for the schedule, snapshots of `{of}`"));
        }
    });
    found
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What to do about a value that an iteration would keep: computed again it can be, unless the loop overwrites it.
fn way_out(program: &Program, origins: &VarMap<&Stmt>, v: VarId) -> &'static str {
    let var = &program.vars[v];
    let overwritten = matches!(origins.get(v), Some(Stmt::Replace { .. })) || var.name == "old";
    if overwritten || (var.role == Role::Temporary && var.name.ends_with("_before")) {
        "let each iteration compute something of its own, mark what needs no derivative `#[constant]`, or take `tape = none` off"
    } else {
        "write `#[checkpoint] { … }` around what computes it in the loop, so that it is computed again, mark what needs no derivative `#[constant]`, or take `tape = none` off"
    }
}

/// Refuses, for `tape = none`, what needs a tape of variable size.
pub(crate) fn refuse(f: &Function, errors: &Errors) {
    let program = f.adjoint(0, Sweeps::Taped);
    let emitter = Emitter::new(&program, &f.types, VarSet::new(), &f.reserved);
    let labels = Labels::new(&program, &emitter);
    let mut made = VarMap::default();
    origins(&program.body, &mut made);
    for k in kept(&program) {
        for v in k.vars {
            errors.at(
                program.vars[v].span,
                format!(
                    "`tape = none`: the backward sweep needs {} of every iteration of `{}`, which takes a vector; {}",
                    described(&program, &labels, &made, v),
                    labels.header(k.of),
                    way_out(&program, &made, v)
                ),
            );
        }
    }
    program.body.walk(&mut |s| {
        let Stmt::Call(call) = s else { return };
        if !call.mode.is_taped() {
            return;
        }
        let name = labels.callee(&call.callee);
        match &call.callee {
            Callee::Function { path, qself: None } if twin_of(path).is_some() => {
                if path.is_ident(&f.signature.name) {
                    errors.at(call.span, format!("`tape = none`: `{name}` calls itself, and keeps the variables of every call; write it as a loop, or take `tape = none` off"));
                }
            }
            // Of a float, or of a type of the user's: its pullback tells.
            Callee::Method { name, .. } if crate::rules::find(&name.to_string()).is_some() => {}
            _ => errors.at(
                call.span,
                format!("`tape = none`: what the method `{name}` stores is not known here; call a function with `tape = none` instead, or take `tape = none` off"),
            ),
        }
    });
}

/// The type beside an annotated function; `None` for functions of types.
fn twin_of(path: &syn::Path) -> Option<syn::Path> {
    let mut path = path.clone();
    let n = path.segments.len();
    if n >= 2 && crate::lower::capital(&path.segments[n - 2].ident.to_string()) {
        return None;
    }
    if crate::methods::is_call(&path) {
        path.segments.pop();
        path.segments.pop_punct();
    } else {
        path.segments[n - 1].arguments = syn::PathArguments::None;
    }
    Some(path)
}

/// What only the types can tell: that a variable of the backward sweep has a fixed size, and that a callee keeps its
/// own promise. Stands at the end of the forward sweep.
pub(crate) fn assertions(program: &Program, emitter: &Emitter<'_>) -> TokenStream {
    let mut out = TokenStream::new();
    let (forward, backward) = sweeps(program);
    let backward = Block { stmts: backward.to_vec(), ..Block::default() };
    let used = crate::tape::free(&backward);
    let mut pullbacks = VarSet::new();
    program.body.walk(&mut |s| {
        let Stmt::Call(call) = s else { return };
        pullbacks.extend(call.tape);
        // The pullback of a call in a branch is in the tape of that branch.
        let visible = call.tape.filter(|t| forward.iter().any(|s| s.defines().contains(t)));
        if let (Callee::Method { .. }, Some(tape)) = (&call.callee, visible) {
            let name = emitter.name(tape);
            out.extend([quote_spanned!(call.span=> ::differentiable::__private::without_heap(&#name);)]);
        }
        if let (true, Callee::Function { path, .. }) = (call.mode.is_taped(), &call.callee)
            && let Some(twin) = twin_of(path)
        {
            let span = path.span();
            out.extend([quote_spanned!(span=> ::differentiable::__private::no_tape::<#twin>();)]);
        }
    });
    let mut defined: Vec<VarId> = forward.iter().flat_map(Stmt::defines).collect();
    defined.extend(forward.iter().filter_map(|s| match s {
        Stmt::If { tape, .. } => tape.map(|t| t.var),
        _ => None,
    }));
    for v in defined {
        let holds_pullbacks = forward.iter().any(|s| {
            matches!(s, Stmt::If { tape: Some(t), .. } if t.var == v)
                && s.blocks().into_iter().any(|b| {
                    let mut found = false;
                    b.walk(&mut |s| found |= matches!(s, Stmt::Call(call) if call.tape.is_some()));
                    found
                })
        });
        if used.contains(v) && holds_pullbacks {
            // Closures need not be `Copy` to be of fixed size.
            let name = emitter.name(v);
            out.extend([quote_spanned!(name.span()=> ::differentiable::__private::without_heap(&#name);)]);
        } else if used.contains(v) && !pullbacks.contains(v) && !program.vars[v].kind.is_scalar() {
            let name = emitter.name(v);
            out.extend([quote_spanned!(name.span()=> ::differentiable::__private::fixed_size(&#name);)]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    /// What the documentation of a function says that is stored.
    fn stored(item: TokenStream) -> String {
        let expanded = crate::expand::attribute(TokenStream::new(), quote!(#[doc = "A function."] #item)).to_string();
        let start = expanded.find("The backward sweep").expect("a sentence about storage");
        let sentence = &expanded[start..];
        sentence[..sentence.find(".\"").expect("the end of the documentation")].to_owned()
    }

    #[test]
    fn what_is_cheap_is_not_stored() {
        let text = stored(quote! {
            fn f(x: &[f64]) -> f64 {
                let mut sum = 0.0;
                for i in 0..x.len() {
                    sum += x[i] * x[i];
                }
                sum.sin()
            }
        });
        assert_eq!(text, "The backward sweep stores nothing but local variables");
    }

    #[test]
    fn what_is_made_of_restored_numbers_is_not_stored() {
        let text = stored(quote! {
            fn f(start: f64, n: usize) -> f64 {
                let mut x = start;
                for _ in 0..n {
                    let a = x * x;
                    let b = 3.0 * a - x;
                    x += b * a;
                }
                x
            }
        });
        assert_eq!(
            text,
            "The backward sweep stores, for each iteration of `for i in 0..n`, the value of `x` before it is overwritten \
             (`f64`)"
        );
    }

    #[test]
    fn loops_name_what_they_store() {
        let text = stored(quote! {
            fn f(x: &[f64], mu: &[f64]) -> f64 {
                let mut total = 0.0;
                for i in 0..x.len() {
                    let mut p = 0.0;
                    for j in 0..mu.len() {
                        let e = (x[i] - mu[j]).exp();
                        p += e * g(e);
                    }
                    total += p.ln();
                }
                total
            }
        });
        assert_eq!(
            text,
            "The backward sweep of the gradient stores, for each iteration of `for j in 0..mu.len()`, `e` (`f64`), \
             the value of `g` (`f64`) and the pullback of `g`. That of the pullback stores, for each iteration of \
             `for i in 0..x.len()`, `p` (`f64`); for each iteration of `for j in 0..mu.len()`, `e` (`f64`), \
             the value of `g` (`f64`) and the pullback of `g`"
        );
    }

    /// The documentation of a derivative.
    fn documented(options: TokenStream, item: &TokenStream, derivative: &str) -> String {
        let expanded = crate::expand::attribute(options, item.clone()).to_string();
        let before = &expanded[..expanded.find(&format!("fn {derivative} ")).expect("the derivative")];
        before[before.rfind("doc = ").expect("its documentation")..].to_owned()
    }

    #[test]
    fn each_derivative_says_what_it_stores() {
        let item = quote! {
            fn f(x: f64, n: usize) -> f64 {
                let mut y = x;
                for i in 0..n {
                    y = y.sin();
                }
                y
            }
        };
        let of_the_value =
            "stores, for each iteration of `for i in 0..n`, the value of `y` before it is overwritten (`f64`).";
        for derivative in ["grad", "value_and_grad", "grad_into", "vjp", "jacobian", "jacobian_sparse", "check"] {
            let text = documented(quote!(order = 2), &item, derivative);
            assert!(text.contains(of_the_value), "{derivative}: {text}");
        }
        for derivative in ["hvp", "hessian", "hessian_diagonal"] {
            let text = documented(quote!(order = 2), &item, derivative);
            let stored = "The backward sweep of a product stores, for each iteration of `for i in 0..n`, the value of `y` before it is overwritten (`f64`) and ";
            assert!(text.contains(stored), "{derivative}: {text}");
        }
        let text = documented(quote!(order = 2), &item, "jvp");
        assert!(text.contains("It goes forward, and stores nothing."), "{text}");
        let text = documented(quote!(vjp = rule), &item, "grad");
        assert!(text.contains("What is stored for the way back is up to the rule."), "{text}");
    }

    #[test]
    fn undocumented_functions_stay_so() {
        let expanded = crate::expand::attribute(
            TokenStream::new(),
            quote!(
                fn f(x: f64) -> f64 {
                    x
                }
            ),
        )
        .to_string();
        assert!(!expanded.contains("# Derivatives"));
    }
}
