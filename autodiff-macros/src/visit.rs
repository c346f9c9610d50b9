//! Walks over the intermediate language: every place that an expression or a statement reads or
//! writes, and every expression that a statement holds. Those that change what they meet (`…_mut`) and those that only
//! look are written once.

use crate::ir::{Arg, Block, Call, Callee, Edit, Expr, Header, Passing, Place, Plan, Step, Stmt, VarId};

/// The walks, with `&` or with `&mut`.
macro_rules! walks {
    ($children:ident, $places:ident, $exprs:ident, $parts:ident, $args:ident, $blocks:ident, [$($m:tt)?]) => {
        impl Expr {
            /// Calls `f` on every direct subexpression, indices of places included.
            pub(crate) fn $children(&$($m)? self, f: &mut dyn FnMut(&$($m)? Expr)) {
                match self {
                    Self::Lit(_) | Self::Number(..) | Self::Bool(_) | Self::Item(..) => {}
                    Self::Place(place) => place.$exprs(f),
                    Self::Ref { of: e, .. }
                    | Self::Neg(e)
                    | Self::Not(e)
                    | Self::Cast(e, _)
                    | Self::Matches(e, _)
                    | Self::Zero(e)
                    | Self::Clone(e)
                    | Self::FromInt(e, _) => f(e),
                    Self::Binary(_, a, b)
                    | Self::Repeat { value: a, len: b, .. }
                    | Self::Wrap { like: a, value: b, .. }
                    | Self::CastTangent { primal: a, tangent: b, .. } => {
                        f(a);
                        f(b);
                    }
                    Self::Math(_, es) | Self::Tuple(es) | Self::Array(es, _) | Self::Call { args: es, .. } => {
                        es.into_iter().for_each(f);
                    }
                    Self::Method { recv, args, .. } => {
                        f(recv);
                        args.into_iter().for_each(f);
                    }
                    Self::Struct { fields, rest, .. } => {
                        fields.into_iter().for_each(|(_, e)| f(e));
                        if let Some(e) = rest {
                            f(e);
                        }
                    }
                    Self::Range { lo, hi, .. } => {
                        for e in [lo, hi].into_iter().flatten() {
                            f(e);
                        }
                    }
                    Self::Select(c, a, b) => {
                        f(c);
                        f(a);
                        f(b);
                    }
                    Self::Verbatim(_, captures) => captures.into_iter().for_each(|(_, e)| f(e)),
                }
            }

            /// Calls `f` on every place inside, outermost first.
            pub(crate) fn $places(&$($m)? self, f: &mut dyn FnMut(&$($m)? Place)) {
                if let Self::Place(place) = self {
                    f(place);
                }
                self.$children(&mut |e| e.$places(f));
            }
        }

        impl Place {
            /// Calls `f` on the indices of the path.
            pub(crate) fn $exprs(&$($m)? self, f: &mut dyn FnMut(&$($m)? Expr)) {
                for step in &$($m)? self.path {
                    match step {
                        Step::Index { at, .. } => f(at),
                        Step::View { args, .. } => args.into_iter().for_each(&mut *f),
                        _ => {}
                    }
                }
            }
        }

        impl Stmt {
            /// Calls `f` on every expression that this statement itself evaluates (not those of nested
            /// statements), and `g` on every place that it writes or borrows mutably.
            pub(crate) fn $parts(
                &$($m)? self,
                f: &mut dyn FnMut(&$($m)? Expr),
                g: &mut dyn FnMut(&$($m)? Place),
            ) {
                match self {
                    Self::Let { value, .. } | Self::Effect(value) | Self::Return(value) => f(value),
                    Self::Declare(_) | Self::Turn | Self::Break(_) | Self::Continue(_) | Self::Scope { .. } => {}
                    Self::Assign { place, value, .. }
                    | Self::Replace { place, value, .. }
                    | Self::Update { place, value, .. }
                    | Self::Accumulate { place, value }
                    | Self::Edit(Edit::Push { place, value }) => {
                        f(value);
                        place.$exprs(f);
                        g(place);
                    }
                    Self::Call(call) => $args(&$($m)? call.args, f, g),
                    Self::Pull(pull) => {
                        for e in (&$($m)? pull.cotangent).into_iter().flatten() {
                            f(e);
                        }
                        $args(&$($m)? pull.args, f, g);
                        for place in (&$($m)? pull.slots).into_iter().flatten().flatten() {
                            place.$exprs(f);
                            g(place);
                        }
                    }
                    Self::Cut { slice, start, len, mutable, .. } => {
                        for e in [len, start] {
                            if let Some(e) = e {
                                f(e);
                            }
                        }
                        match slice {
                            Expr::Place(place) if *mutable => {
                                place.$exprs(f);
                                g(place);
                            }
                            slice => f(slice),
                        }
                    }
                    Self::Quads { slice: Expr::Place(place), mutable: true, .. } => {
                        place.$exprs(f);
                        g(place);
                    }
                    Self::Quads { slice, .. } => f(slice),
                    Self::Refill { value, len, .. } => {
                        f(value);
                        f(len);
                    }
                    Self::Save { slice, lo, hi, .. } => {
                        f(lo);
                        f(hi);
                        f(slice);
                    }
                    Self::Taken { len, .. } => f(len),
                    Self::Restore { place, lo, hi, .. } => {
                        f(lo);
                        f(hi);
                        place.$exprs(f);
                        g(place);
                    }
                    Self::If { cond, .. } => f(cond),
                    Self::Loop(l) => {
                        match &$($m)? l.header {
                            Header::Range { lo, hi, step, .. } => {
                                f(lo);
                                f(hi);
                                if let Some(step) = step {
                                    f(step);
                                }
                            }
                            Header::While(cond) => f(cond),
                            Header::Tape => {}
                        }
                        if let Some(Plan::Every(n) | Plan::Snapshots(n)) = &$($m)? l.plan {
                            f(n);
                        }
                    }
                    Self::Edit(Edit::Pop { place, .. }) => {
                        place.$exprs(f);
                        g(place);
                    }
                    Self::Edit(Edit::Exchange(a, b)) => {
                        for place in [a, b] {
                            place.$exprs(f);
                            g(place);
                        }
                    }
                    Self::Edit(Edit::Permute { place, order, .. }) => {
                        f(order);
                        place.$exprs(f);
                        g(place);
                    }
                    Self::Edit(Edit::Swap { place, i, j }) => {
                        f(i);
                        f(j);
                        place.$exprs(f);
                        g(place);
                    }
                }
            }

            /// The blocks directly inside.
            pub(crate) fn $blocks(&$($m)? self) -> Vec<&$($m)? Block> {
                match self {
                    Self::If { then, els, .. } => vec![then, els],
                    Self::Loop(l) => vec![&$($m)? l.body],
                    Self::Scope { body, .. } => vec![body],
                    _ => Vec::new(),
                }
            }
        }

        fn $args(
            args: &$($m)? [Arg],
            f: &mut dyn FnMut(&$($m)? Expr),
            g: &mut dyn FnMut(&$($m)? Place),
        ) {
            for arg in args {
                for part in (&$($m)? arg.parts).into_iter().flatten() {
                    f(part);
                    if arg.passing == Passing::RefMut
                        && let Expr::Place(place) = part
                    {
                        g(&$($m)? place.clone());
                    }
                }
            }
        }
    };
}

walks!(children, places, exprs, parts, args, blocks, []);
walks!(children_mut, places_mut, exprs_mut, parts_mut, args_mut, blocks_mut, [mut]);

impl Expr {
    /// Calls `f` on every variable that occurs.
    pub(crate) fn vars(&self, f: &mut dyn FnMut(VarId)) {
        match self {
            Self::Lit(_) | Self::Number(..) | Self::Bool(_) | Self::Item(..) => {}
            Self::Place(place) => {
                f(place.root);
                if !place.path.is_empty() {
                    place.exprs(&mut |e| e.vars(f));
                }
            }
            Self::Binary(_, a, b) => {
                a.vars(f);
                b.vars(f);
            }
            Self::Ref { of: e, .. } | Self::Neg(e) | Self::Zero(e) | Self::Clone(e) | Self::FromInt(e, _) => e.vars(f),
            Self::Math(_, es) => {
                for e in es {
                    e.vars(f);
                }
            }
            _ => self.children(&mut |e| e.vars(f)),
        }
    }

    /// Whether the variable occurs.
    pub(crate) fn mentions(&self, var: VarId) -> bool {
        let mut found = false;
        self.vars(&mut |v| found |= v == var);
        found
    }
}

impl Place {
    /// Whether two places are written alike, so that they are one place at one moment.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.same_path(other, other.path.len())
    }

    /// Whether two places are one, of which one may be reached through a reference that the other names.
    pub(crate) fn is_behind_same(&self, other: &Self) -> bool {
        let steps = |place: &'_ Self| {
            let mut place = place.clone();
            place.path.retain(|step| !matches!(step, Step::Deref));
            place
        };
        steps(self).same(&steps(other))
    }

    /// Whether this place is another, or a part of it, as it is written, whatever references are between.
    pub(crate) fn is_within(&self, whole: &Self) -> bool {
        let steps = |place: &'_ Self| -> Vec<Step> {
            place.path.iter().filter(|step| !matches!(step, Step::Deref)).cloned().collect()
        };
        let (own, whole_steps) = (steps(self), steps(whole));
        self.root == whole.root
            && own.len() >= whole_steps.len()
            && own.iter().zip(&whole_steps).all(|(a, b)| same_step(a, b))
    }

    /// Whether this place is written like the first `n` steps of another.
    pub(crate) fn same_path(&self, other: &Self, n: usize) -> bool {
        self.root == other.root
            && self.path.len() == n
            && self.path.iter().zip(&other.path).all(|(a, b)| same_step(a, b))
    }

    /// Whether two places may not be borrowed mutably at once: all of one variable but different fields
    /// that are reached without a call or a match.
    pub(crate) fn may_overlap(&self, other: &Self) -> bool {
        if self.root != other.root {
            return false;
        }
        for (x, y) in self.path.iter().zip(&other.path) {
            match (x, y) {
                (Step::Field(x), Step::Field(y)) if x != y => return false,
                (Step::Field(_), Step::Field(_)) | (Step::Deref, Step::Deref) => {}
                _ => return true,
            }
        }
        true
    }

    /// Whether the cotangents that mirror two places can be lent at once, to be changed. Fields of a field are reached
    /// through methods, each of which borrows the field as a whole.
    pub(crate) fn may_be_lent_with(&self, other: &Self) -> bool {
        let shared = self.path.iter().zip(&other.path).take_while(|(x, y)| match (x, y) {
            (Step::Field(x), Step::Field(y)) => x == y,
            (x, y) => matches!((x, y), (Step::Deref, Step::Deref)),
        });
        !self.may_overlap(other)
            && (self.root != other.root || !shared.into_iter().any(|(x, _)| matches!(x, Step::Field(_))))
    }
}

impl Place {
    /// Whether two places have no element in common, as far as their paths tell: different fields, or the parts of a slice
    /// before and after one index.
    pub(crate) fn is_apart(&self, other: &Self) -> bool {
        fn ends(at: &Expr) -> (Option<&Expr>, Option<&Expr>) {
            match at {
                Expr::Range { lo, hi, inclusive: false } => (lo.as_deref(), hi.as_deref()),
                _ => (None, None),
            }
        }
        let meet = |hi: Option<&Expr>, lo: Option<&Expr>| hi.zip(lo).is_some_and(|(hi, lo)| same_index(hi, lo));
        let steps = || self.path.iter().zip(&other.path);
        let differs = |(x, y): (&Step, &Step)| match (x, y) {
            (Step::Field(x), Step::Field(y)) => x != y,
            (Step::Index { at: x, range: true }, Step::Index { at: y, range: true }) => {
                let (x, y) = (ends(x), ends(y));
                meet(x.1, y.0) || meet(y.1, x.0)
            }
            _ => false,
        };
        let apart = steps().position(differs);
        self.root != other.root || apart.is_some_and(|n| steps().take(n).all(|(x, y)| same_step(x, y)))
    }
}

/// Whether two steps are written alike.
fn same_step(a: &Step, b: &Step) -> bool {
    match (a, b) {
        (Step::Field(a), Step::Field(b)) => a == b,
        (Step::Index { at: a, range: x }, Step::Index { at: b, range: y }) => x == y && same_index(a, b),
        (Step::Deref, Step::Deref) | (Step::Content, Step::Content) => true,
        (Step::View { method: m, args: a }, Step::View { method: n, args: b }) => {
            m == n && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_index(a, b))
        }
        _ => false,
    }
}

impl Stmt {
    /// Calls `f` on every place that this statement itself reads or writes, once.
    pub(crate) fn places_mut(&mut self, f: &mut dyn FnMut(&mut Place)) {
        let f = std::cell::RefCell::new(f);
        self.parts_mut(&mut |e| e.places_mut(&mut |p| (*f.borrow_mut())(p)), &mut |p| (*f.borrow_mut())(p));
    }

    /// Whether there are blocks inside.
    pub(crate) fn has_blocks(&self) -> bool {
        matches!(self, Self::If { .. } | Self::Loop(_) | Self::Scope { .. })
    }

    /// Calls `f` on every variable that this statement itself mentions, and on what its blocks load and
    /// save.
    pub(crate) fn vars_mut(&mut self, f: &mut dyn FnMut(&mut VarId)) {
        self.own_vars_mut(f);
        for block in self.blocks_mut() {
            block.loads.iter_mut().chain(&mut block.saves).for_each(&mut *f);
        }
    }

    /// Calls `f` on every variable that this statement itself mentions, wherever it stands.
    pub(crate) fn own_vars_mut(&mut self, f: &mut dyn FnMut(&mut VarId)) {
        self.places_mut(&mut |p| f(&mut p.root));
        match self {
            Self::Let { var, .. }
            | Self::Declare(var)
            | Self::Replace { old: var, .. }
            | Self::Cut { var, .. }
            | Self::Edit(Edit::Pop { var, .. }) => f(var),
            Self::Quads { quads, tail, .. } => {
                f(quads);
                f(tail);
            }
            Self::Taken { var, rest, .. } => [var, rest].into_iter().for_each(f),
            Self::Call(call) => {
                if let Callee::Variable(v) = &mut call.callee {
                    f(v);
                }
                call.outs.iter_mut().chain(&mut call.tape).for_each(&mut *f);
            }
            Self::Pull(pull) => {
                f(&mut pull.tape);
                pull.grads.iter_mut().flatten().flatten().chain(&mut pull.values).for_each(&mut *f);
            }
            Self::If { tape, .. } => tape.iter_mut().for_each(|t| f(&mut t.var)),
            Self::Save { tape: v, .. } | Self::Restore { tape: v, .. } | Self::Refill { var: v, .. } => f(v),
            Self::Loop(l) => {
                if let Header::Range { var, .. } = &mut l.header {
                    f(var);
                }
                l.exits.iter_mut().chain(l.tape.iter_mut().map(|t| &mut t.var)).for_each(&mut *f);
            }
            _ => {}
        }
    }

    /// The variables that this statement itself brings into being.
    pub(crate) fn defines(&self) -> Vec<VarId> {
        let mut found = Vec::new();
        self.each_defined(&mut |v| found.push(v));
        found
    }

    /// Calls `f` on them.
    pub(crate) fn each_defined(&self, f: &mut dyn FnMut(VarId)) {
        match self {
            Self::Let { var, .. }
            | Self::Declare(var)
            | Self::Replace { old: var, .. }
            | Self::Cut { var, .. }
            | Self::Taken { var, .. }
            | Self::Edit(Edit::Pop { var, .. }) => f(*var),
            Self::Quads { quads, tail, .. } => {
                f(*quads);
                f(*tail);
            }
            Self::Call(call) => call.outs.iter().chain(&call.tape).for_each(|v| f(*v)),
            Self::Pull(pull) => {
                pull.grads.iter().flatten().flatten().for_each(|v| f(*v));
                if pull.joined {
                    pull.values.iter().for_each(|v| f(*v));
                }
            }
            Self::Loop(l) => {
                if let Header::Range { var, .. } = l.header {
                    f(var);
                }
            }
            _ => {}
        }
    }

    /// Calls `f` on every variable that this statement itself reads, and `g` on every variable that
    /// it writes or borrows mutably after its definition.
    pub(crate) fn uses(&self, f: &mut dyn FnMut(VarId), g: &mut dyn FnMut(VarId)) {
        // What most statements are, without the detour: macros run unoptimised.
        match self {
            Self::Let { value, .. } => return value.vars(f),
            Self::Assign { place, value, .. }
            | Self::Update { place, value, .. }
            | Self::Accumulate { place, value } => {
                value.vars(f);
                if !place.path.is_empty() {
                    place.exprs(&mut |e| e.vars(f));
                }
                return g(place.root);
            }
            _ => self.parts(&mut |e| e.vars(f), &mut |p| g(p.root)),
        }
        match self {
            Self::Call(Call { callee: Callee::Variable(v), .. }) => f(*v),
            Self::Pull(pull) if !pull.joined => f(pull.tape),
            Self::Edit(Edit::Exchange(a, b)) => [a, b].into_iter().for_each(|p| f(p.root)),
            Self::Loop(l) => {
                l.exits.iter().for_each(|&v| f(v));
                if let Some(tape) = l.tape {
                    if tape.write {
                        g(tape.var);
                    } else {
                        f(tape.var);
                    }
                    tape.start.filter(|_| !tape.write).iter().for_each(|&v| f(v));
                }
            }
            Self::Save { tape: v, .. } | Self::Refill { var: v, .. } | Self::Taken { rest: v, .. } => g(*v),
            Self::Restore { tape, .. } => f(*tape),
            Self::If { tape: Some(tape), .. } => {
                if tape.write {
                    g(tape.var);
                } else {
                    f(tape.var);
                }
            }
            _ => {}
        }
    }
}

impl Block {
    /// Calls `f` on every statement, at any depth, in program order.
    pub(crate) fn walk(&self, f: &mut dyn FnMut(&Stmt)) {
        for stmt in &self.stmts {
            f(stmt);
            if stmt.has_blocks() {
                stmt.blocks().into_iter().for_each(|b| b.walk(f));
            }
        }
    }

    /// Calls `f` on every statement, at any depth, in program order.
    pub(crate) fn walk_mut(&mut self, f: &mut dyn FnMut(&mut Stmt)) {
        for stmt in &mut self.stmts {
            f(stmt);
            if stmt.has_blocks() {
                stmt.blocks_mut().into_iter().for_each(|b| b.walk_mut(f));
            }
        }
    }

    /// Calls `f` on every block, this one included.
    pub(crate) fn blocks_mut(&mut self, f: &mut dyn FnMut(&mut Block)) {
        f(self);
        for stmt in &mut self.stmts {
            if stmt.has_blocks() {
                stmt.blocks_mut().into_iter().for_each(|b| b.blocks_mut(f));
            }
        }
    }
}

/// Whether two indices, or two floats, are written alike.
pub(crate) fn same_index(a: &Expr, b: &Expr) -> bool {
    match (a, b) {
        (Expr::Place(a), Expr::Place(b)) => a.same(b),
        (Expr::Method { .. }, Expr::Method { .. }) => match (crate::arrays::ordinal(a), crate::arrays::ordinal(b)) {
            (Some(a), Some(b)) => same_index(a, b),
            _ => false,
        },
        (Expr::Lit(a), Expr::Lit(b)) => a == b,
        (Expr::Item(a, None), Expr::Item(b, None)) => a == b,
        (Expr::Binary(p, a, b), Expr::Binary(q, c, d)) => p == q && same_index(a, c) && same_index(b, d),
        (Expr::Math(p, a), Expr::Math(q, b)) => p.name == q.name && a.iter().zip(b).all(|(a, b)| same_index(a, b)),
        (Expr::Neg(a), Expr::Neg(b)) => same_index(a, b),
        (Expr::Range { lo: a, hi: b, inclusive: x }, Expr::Range { lo: c, hi: d, inclusive: y }) => {
            let same = |a: &Option<Box<Expr>>, b: &Option<Box<Expr>>| match (a, b) {
                (Some(a), Some(b)) => same_index(a, b),
                (a, b) => a.is_none() && b.is_none(),
            };
            x == y && same(a, c) && same(b, d)
        }
        (Expr::Tuple(a), Expr::Tuple(b)) | (Expr::Array(a, _), Expr::Array(b, _)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_index(a, b))
        }
        _ => false,
    }
}
