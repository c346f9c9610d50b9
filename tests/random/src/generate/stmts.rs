//! Statements without loops: declarations, assignments, branches, calls, exits.

use super::scope::Type;
use super::{Generator, Passed, Returns};

impl Generator {
    /// Some statements.
    pub(super) fn statements(&mut self, n: usize) {
        for _ in 0..n {
            self.statement();
        }
    }

    /// The statements of a nested block: fewer, the deeper it is.
    pub(super) fn body(&mut self) {
        self.depth += 1;
        let n = 1 + self.dice.below(3);
        self.statements(n);
        self.depth -= 1;
    }

    fn statement(&mut self) {
        if self.depth >= 3 {
            return if self.dice.chance(40) { self.declaration() } else { self.assignment() };
        }
        match self.dice.below(32) {
            0..=5 => self.declaration(),
            6..=12 => self.assignment(),
            13..=15 => self.branch(),
            16..=20 => self.any_loop(),
            21 => self.exchange(),
            22 | 23 => self.changing_call(),
            24 => self.exit(),
            25 => self.closure(),
            26 => self.optional_branch(),
            27 => self.growth(),
            28 => self.match_statement(),
            29 | 30 => self.rearrangement(),
            _ => self.aggregate_assignment(),
        }
    }

    /// The depth of expressions: what is assigned in loops is short.
    fn expression_depth(&self) -> usize {
        3_usize.saturating_sub(self.depth).max(1)
    }

    /// A float that may be assigned here.
    pub(super) fn assigned(&mut self) -> String {
        let d = self.expression_depth();
        if self.loops.is_empty() && !self.dice.chance(30) { self.float(d) } else { self.bounded(d) }
    }

    fn declaration(&mut self) {
        let (name, mutable) = (self.name(), self.dice.chance(60));
        let keyword = if mutable { "let mut" } else { "let" };
        let d = self.expression_depth();
        let (ty, value) = match self.dice.below(17) {
            0..=5 => (Type::Float, self.assigned()),
            6 => (Type::Array(3), format!("[{}, {}, {}]", self.assigned(), self.assigned(), self.assigned())),
            7 => (Type::Array(2), format!("[{}; 2]", self.assigned())),
            8 => match self.dice.below(4) {
                0 => (Type::Vector, format!("vec![{}; {}]", self.assigned(), 2 + self.dice.below(3))),
                1 => match self.slice() {
                    Some(s) => (Type::Vector, format!("{}.to_vec()", s.trim_start_matches('&'))),
                    None => (Type::Vector, format!("vec![{}, {}]", self.assigned(), self.assigned())),
                },
                2 => match self.slice() {
                    Some(s) => {
                        let a = self.name();
                        let term = self.under(&[(&a, Type::Reference)], |g| g.bounded(d.min(2)));
                        let v = s.trim_start_matches('&');
                        (Type::Vector, format!("{v}.iter().map(|{a}| {term}).collect::<Vec<f64>>()"))
                    }
                    None => (Type::Vector, format!("vec![{}, {}]", self.assigned(), self.assigned())),
                },
                _ => (Type::Vector, format!("vec![{}, {}, {}]", self.assigned(), self.assigned(), self.assigned())),
            },
            9 => (Type::Pair, format!("({}, {})", self.assigned(), self.assigned())),
            10 => (Type::Point, self.point(d)),
            11 => {
                let at = self.point(1);
                let (w, t) = (self.assigned(), self.assigned());
                (
                    Type::Body,
                    format!(
                        "Body {{ at: {at}, w: [{w}, 0.5, {}], tail: vec![{t}, {}] }}",
                        self.assigned(),
                        self.assigned()
                    ),
                )
            }
            12 => (Type::Optional, self.optional(d)),
            13 => (Type::Shape, self.shape(d)),
            14 => return self.destructuring(),
            15 => (Type::Matrix, format!("[[{}, {}], [{}, 1.0]]", self.assigned(), self.assigned(), self.assigned())),
            _ => {
                if let Some(v) =
                    self.variable(|v| matches!(v.ty, Type::Vector | Type::Body) && !v.hidden && v.frozen == 0)
                    && self.is_local(&v.name)
                    && !self.is_parameter_reference(&v.name)
                {
                    self.line(format!("{keyword} {name} = {};", v.name));
                    self.moved(&v.name);
                    return self.declare(&name, v.ty, mutable);
                }
                (
                    Type::Rows,
                    format!("vec![vec![{}, {}], vec![{}; 2]]", self.assigned(), self.assigned(), self.assigned()),
                )
            }
        };
        let annotation = match ty {
            Type::Float if self.dice.chance(20) => ": f64",
            Type::Optional => ": Option<f64>",
            _ => "",
        };
        self.line(format!("{keyword} {name}{annotation} = {value};"));
        self.declare(&name, ty, mutable);
    }

    fn is_parameter_reference(&self, name: &str) -> bool {
        self.scopes[0].iter().any(|v| v.name == name)
    }

    fn optional(&mut self, d: usize) -> String {
        let some = self.assigned();
        match self.dice.below(5) {
            0 => format!("Some({some})"),
            1 => {
                let c = self.condition(1);
                format!("if {c} {{ Some({some}) }} else {{ None }}")
            }
            2 => self.optional_call(d).unwrap_or_else(|| format!("Some({some})")),
            3 => match self.readable(Type::Optional) {
                Some(o) => {
                    let a = self.name();
                    let e = self.under(&[(&a, Type::Float)], |g| g.bounded(d.min(2)));
                    format!("{}.map(|{a}| {e})", o.name)
                }
                None => "None".to_owned(),
            },
            _ => match self.slice() {
                Some(s) => format!(
                    "{}.iter().copied().{}",
                    s.trim_start_matches('&'),
                    self.dice.pick(&["reduce(f64::max)", "last()", "next()"])
                ),
                None => format!("Some({some})"),
            },
        }
    }

    fn shape(&mut self, d: usize) -> String {
        let (c, r) = (self.condition(1), self.assigned());
        let rect = format!("Shape::Rect {{ w: {}, h: {} }}", self.assigned(), self.float(d));
        match self.dice.below(3) {
            0 => rect,
            1 => format!("if {c} {{ Shape::Line({r}) }} else {{ Shape::Dot }}"),
            _ => format!("if {c} {{ Shape::Line({r}) }} else {{ {rect} }}"),
        }
    }

    fn destructuring(&mut self) {
        let (a, b) = (self.name(), self.unique("v"));
        let mutable = if self.dice.chance(40) { "mut " } else { "" };
        let (pattern, value) = match self.dice.below(4) {
            0 => (format!("({mutable}{a}, {b})"), format!("({}, {})", self.assigned(), self.assigned())),
            1 => match self.readable(Type::Point) {
                Some(p) => (format!("Point {{ a: {mutable}{a}, b: {b} }}"), p.value()),
                None => (format!("({mutable}{a}, {b})"), format!("({}, {})", self.assigned(), self.assigned())),
            },
            2 => match self.readable(Type::Pair) {
                Some(p) => (format!("({mutable}{a}, {b})"), p.name),
                None => (format!("[{mutable}{a}, {b}]"), format!("[{}, {}]", self.assigned(), self.assigned())),
            },
            _ => match self.readable(Type::Array(3)) {
                Some(v) => (format!("[{mutable}{a}, _, {b}]"), v.name),
                None => (format!("[{mutable}{a}, {b}]"), format!("[{}, {}]", self.assigned(), self.assigned())),
            },
        };
        self.line(format!("let {pattern} = {value};"));
        self.declare(&a, Type::Float, !mutable.is_empty());
        self.declare(&b, Type::Float, false);
    }

    pub(super) fn assignment(&mut self) {
        let Some(place) = self.place(true) else { return self.declaration() };
        let value = self.assigned();
        match self.dice.below(7) {
            0 | 1 => self.line(format!("{place} = {value};")),
            2 => self.line(format!("{place} += {value};")),
            3 => self.line(format!("{place} -= {value};")),
            4 => {
                let b = self.bounded(1);
                self.line(format!("{place} *= {b};"));
            }
            5 => {
                let b = self.bounded(1);
                self.line(format!("{place} /= 1.7 + {b};"));
            }
            _ => self.line(format!("{place} = {place} * 0.5 + {value};")),
        }
    }

    fn aggregate_assignment(&mut self) {
        let Some(v) = self.variable(|v| {
            v.mutable
                && v.frozen == 0
                && matches!(
                    v.ty,
                    Type::Array(_)
                        | Type::Pair
                        | Type::Point
                        | Type::Optional
                        | Type::Shape
                        | Type::Vector
                        | Type::Body
                )
        }) else {
            return self.assignment();
        };
        let name = v.name;
        let text = match v.ty {
            Type::Array(3) => format!("{name} = [{}, {}, {}];", self.assigned(), self.assigned(), self.assigned()),
            Type::Array(2) if self.dice.chance(50) => {
                let value = self.while_hidden(&name, Self::assigned);
                format!("{name}.fill({value});")
            }
            Type::Array(2) => format!("{name} = [{}, {}];", self.assigned(), self.assigned()),
            Type::Pair if self.dice.chance(50) => format!("{name} = ({name}.1, {name}.0);"),
            Type::Pair => format!("{name} = ({}, {});", self.assigned(), self.assigned()),
            Type::Point if name.starts_with("point_mut") => {
                format!("*{name} = Point {{ a: {}, b: {} }};", self.assigned(), self.assigned())
            }
            Type::Point if self.dice.chance(40) => {
                self.operators = true;
                let op = self.dice.pick(&["+=", "-="]);
                // The operator has borrowed it already.
                let (a, b) = self.while_frozen(&name, |g| (g.assigned(), g.assigned()));
                format!("{name} {op} Point {{ a: {a}, b: {b} }};")
            }
            Type::Point => format!("{name} = Point {{ a: {}, b: {} }};", self.assigned(), self.assigned()),
            Type::Optional => format!("{name} = {};", self.optional(1)),
            Type::Shape => format!("{name} = {};", self.shape(1)),
            Type::Vector if self.dice.chance(50) => {
                let (a, b) = self.while_hidden(&name, |g| (g.assigned(), g.assigned()));
                format!("{name}[..2].copy_from_slice(&[{a}, {b}]);")
            }
            Type::Vector => format!("{name} = vec![{}; 3];", self.assigned()),
            Type::Body => format!("{name}.at = {};", self.point(1)),
            _ => return self.assignment(),
        };
        self.line(text);
    }

    fn exchange(&mut self) {
        match self.dice.below(4) {
            0 | 1 => {
                let Some(v) = self.variable(|v| {
                    v.mutable && v.frozen == 0 && matches!(v.ty, Type::Array(_) | Type::Vector | Type::Slice)
                }) else {
                    return self.assignment();
                };
                let (i, j) = (self.index("2", 2), self.index("2", 2));
                self.line(format!("{}.swap({i}, {j});", v.name));
            }
            2 => {
                let (Some(a), Some(b)) = (self.writable(Type::Float), self.writable(Type::Float)) else {
                    return self.assignment();
                };
                if a.name == b.name {
                    return self.assignment();
                }
                self.line(format!("std::mem::swap(&mut {}, &mut {});", a.name, b.name));
            }
            _ => {
                let Some(a) = self.writable(Type::Float) else { return self.assignment() };
                let value = self.while_hidden(&a.name, Self::assigned);
                let name = self.name();
                self.line(format!("let {name} = std::mem::replace(&mut {}, {value});", a.name));
                self.declare(&name, Type::Float, false);
            }
        }
    }

    /// A call that changes its arguments.
    fn changing_call(&mut self) {
        let Some((text, valued)) = self.changed_by_callee() else { return self.assignment() };
        if !valued || self.dice.below(3) == 0 {
            return self.line(format!("{text};"));
        }
        let name = self.name();
        self.line(format!("let {name} = {text};"));
        self.declare(&name, Type::Float, false);
    }

    /// A call of a function that changes its arguments, and whether it has a value.
    pub(super) fn changed_by_callee(&mut self) -> Option<(String, bool)> {
        let found: Vec<_> = self
            .callees
            .iter()
            .filter(|c| c.params.iter().any(|p| matches!(p, Passed::FloatMut | Passed::SliceMut | Passed::PointMut)))
            .cloned()
            .collect();
        if found.is_empty() {
            return None;
        }
        let callee = found[self.dice.below(found.len())].clone();
        let mut arguments = Vec::new();
        let mut taken: Vec<String> = Vec::new();
        // First what is borrowed mutably, so that nothing else mentions it.
        for p in &callee.params {
            let wanted: &[Type] = match p {
                Passed::FloatMut => &[Type::Float, Type::Array(3), Type::Point, Type::Vector],
                Passed::SliceMut => &[Type::Array(3), Type::Vector, Type::Slice, Type::Array(2)],
                Passed::PointMut => &[Type::Point, Type::Body],
                _ => {
                    arguments.push(None);
                    continue;
                }
            };
            let used = taken.clone();
            let v =
                self.variable(|v| v.mutable && v.frozen == 0 && wanted.contains(&v.ty) && !used.contains(&v.name))?;
            taken.push(v.name.clone());
            let name = &v.name;
            arguments.push(Some(match (p, v.ty) {
                (Passed::FloatMut, Type::Float) => format!("&mut {name}"),
                (Passed::FloatMut, Type::Point) => format!("&mut {name}.a"),
                (Passed::FloatMut, _) => format!("&mut {name}[1]"),
                (Passed::SliceMut, Type::Slice) => name.clone(),
                (Passed::SliceMut, _) if self.dice.chance(30) => format!("&mut {name}[..2]"),
                (Passed::PointMut, Type::Body) => format!("&mut {name}.at"),
                (Passed::PointMut, _) if v.is_reference() => name.clone(),
                _ => format!("&mut {name}"),
            }));
        }
        let text = self.unmoved(|g| {
            g.hidden_while(&taken, |g| {
                let mut all = Vec::new();
                for (p, given) in callee.params.iter().zip(arguments) {
                    all.push(match given {
                        Some(text) => text,
                        None => g.argument(*p, 1)?,
                    });
                }
                Some(format!("{}({})", callee.name, all.join(", ")))
            })
        })?;
        Some((text, callee.valued))
    }

    fn hidden_while<T>(&mut self, names: &[String], body: impl FnOnce(&mut Self) -> T) -> T {
        match names {
            [] => body(self),
            [first, rest @ ..] => self.while_hidden(first, |g| g.hidden_while(rest, body)),
        }
    }

    fn branch(&mut self) {
        let condition = self.condition(2);
        let last = self.dice.below(4);
        if last == 0 {
            return self.block(&format!("if {condition}"), Self::body);
        }
        self.block_then(&format!("if {condition}"), "}", Self::body);
        if last == 1 {
            let condition = self.condition(1);
            self.block(&format!("else if {condition}"), Self::body);
        }
        self.block("else", Self::body);
    }

    fn match_statement(&mut self) {
        if let Some(s) = self.readable(Type::Shape) {
            let changed = s.mutable && s.frozen == 0 && self.dice.chance(50);
            let subject = if changed { format!("&mut {}", s.name) } else { s.name.clone() };
            let star = |n: &str| n.to_owned();
            let arms = |g: &mut Self| {
                let (r, w) = (g.unique("r"), g.unique("w"));
                let h = g.unique("h");
                g.block(&format!("Shape::Line({r}) =>"), |g| {
                    g.declare(&star(&r), if changed { Type::Reference } else { Type::Float }, changed);
                    g.body();
                });
                g.block(&format!("Shape::Rect {{ w: {w}, h: {h} }} =>"), |g| {
                    g.declare(&w, if changed { Type::Reference } else { Type::Float }, changed);
                    g.declare(&h, if changed { Type::Reference } else { Type::Float }, changed);
                    g.body();
                });
                g.block("Shape::Dot =>", Self::body);
            };
            self.while_hidden(&s.name, |g| g.block(&format!("match {subject}"), arms));
            return;
        }
        let (n, guard) = (self.count(), self.condition(1));
        self.block(&format!("match {n}"), |g| {
            g.block("0 | 3 =>", Self::body);
            g.block(&format!("_ if {guard} =>"), Self::body);
            g.block("_ =>", Self::body);
        });
    }

    fn optional_branch(&mut self) {
        let Some(o) = self.readable(Type::Optional) else { return self.branch() };
        let name = self.name();
        if o.mutable && o.frozen == 0 && self.dice.chance(30) {
            let value = self.unique("inner");
            self.while_hidden(&o.name, |g| {
                g.block(&format!("if let Some({value}) = &mut {}", o.name), |g| {
                    g.declare(&value, Type::Reference, true);
                    g.body();
                });
            });
            return;
        }
        if self.dice.chance(25) && self.can_return() {
            let value = self.returned();
            self.line(format!("let Some({name}) = {} else {{ return {value}; }};", o.name));
            return self.declare(&name, Type::Float, false);
        }
        self.block(&format!("if let Some({name}) = {}", o.name), |g| {
            g.declare(&name, Type::Float, false);
            g.body();
        });
        if self.dice.chance(50) {
            self.block("else", Self::body);
        }
    }

    /// `push` and `pop`.
    fn growth(&mut self) {
        let Some(v) = self.writable(Type::Vector) else { return self.assignment() };
        let name = v.name;
        if self.dice.chance(50) {
            let value = self.unmoved(Self::assigned);
            if self.loops.is_empty() {
                return self.line(format!("{name}.push({value});"));
            }
            return self.line(format!("if {name}.len() < 9 {{ {name}.push({value}); }}"));
        }
        let top = self.name();
        self.block(&format!("if {name}.len() > 2 && let Some({top}) = {name}.pop()"), |g| {
            g.declare(&top, Type::Float, false);
            g.body();
        });
    }

    /// A closure, and statements that may call it.
    fn closure(&mut self) {
        let name = self.unique("g");
        if self.dice.chance(30)
            && let Some(v) = self.writable(Type::Float)
        {
            // A closure that changes what it captures, called at once.
            let a = self.unique("arg");
            let step = self.while_hidden(&v.name, |g| g.under(&[(&a, Type::Float)], |g| g.bounded(1)));
            let (one, two) = self.while_hidden(&v.name, |g| g.unmoved(|g| (g.bounded(1), g.bounded(1))));
            self.line(format!("let mut {name} = |{a}: f64| {{ {} = {} * 0.5 + {step}; }};", v.name, v.name));
            self.line(format!("{name}({one});"));
            return self.line(format!("{name}({two});"));
        }
        let n = 1 + self.dice.below(2);
        let params: Vec<String> = (0..n).map(|_| self.unique("arg")).collect();
        let named: Vec<(&str, Type)> = params.iter().map(|p| (p.as_str(), Type::Float)).collect();
        let d = self.expression_depth();
        let value = self.under(&named, |g| g.bounded(d));
        let list: Vec<String> = params.iter().map(|p| format!("{p}: f64")).collect();
        self.line(format!("let {name} = |{}| {value};", list.join(", ")));
        // While it lives, what it captured is only read.
        self.while_all_frozen(|g| {
            g.declare(&name, Type::Closure(n), false);
            g.declaration();
            if g.depth < 3 {
                g.declaration();
            }
        });
        self.moved(&name);
    }

    pub(super) fn can_return(&self) -> bool {
        !self.in_closure
    }

    /// A value to return.
    pub(super) fn returned(&mut self) -> String {
        match self.returns {
            Returns::Nothing => String::new(),
            Returns::Float => self.float(2),
            Returns::Optional if self.dice.chance(30) => "None".to_owned(),
            Returns::Optional => format!("Some({})", self.float(2)),
            Returns::Pair => format!("({}, {})", self.float(2), self.float(1)),
            Returns::Vector => format!("vec![{}, {}]", self.float(2), self.float(1)),
            Returns::Point => format!("Point {{ a: {}, b: {} }}", self.float(2), self.float(1)),
        }
    }

    /// `return`, `break`, `continue` or `?`, under a condition.
    fn exit(&mut self) {
        if self.returns == Returns::Optional
            && self.dice.chance(40)
            && let Some(call) = self.optional_call(1)
        {
            let name = self.name();
            self.line(format!("let {name} = {call}?;"));
            return self.declare(&name, Type::Float, false);
        }
        let condition = self.condition(1);
        if !self.loops.is_empty() && self.dice.chance(75) {
            let i = self.dice.below(self.loops.len());
            let (label, counted) = (self.loops[i].label.clone(), self.loops[i].counted);
            let innermost = i + 1 == self.loops.len();
            let target = match (label, innermost) {
                (Some(l), _) => format!(" {l}"),
                (None, true) => String::new(),
                (None, false) => return self.assignment(),
            };
            let word = if counted || self.dice.chance(50) { "break" } else { "continue" };
            return self.block(&format!("if {condition}"), |g| {
                if g.dice.chance(60) {
                    g.assignment();
                }
                g.line(format!("{word}{target};"));
            });
        }
        let value = self.returned();
        self.block(&format!("if {condition}"), |g| g.line(format!("return {value};")));
    }
}
