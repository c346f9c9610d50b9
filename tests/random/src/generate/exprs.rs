//! Expressions: floats, counts, conditions and places.

use super::scope::Type;
use super::{Generator, Passed};

impl Generator {
    /// A float that can be a method's receiver or an operand.
    pub(super) fn operand(&mut self, depth: usize) -> String {
        let e = self.float(depth);
        if is_simple(&e) { e } else { format!("({e})") }
    }

    fn literal(&mut self) -> String {
        let values = ["0.5", "1.5", "2.0", "0.25", "1.0", "0.1", "3.0", "0.7"];
        format!("{}_f64", self.dice.pick(&values))
    }

    /// A float whose absolute value is at most about one.
    pub(super) fn bounded(&mut self, depth: usize) -> String {
        let e = self.operand(depth);
        match self.dice.below(5) {
            0 => format!("{e}.sin()"),
            1 => format!("{e}.cos()"),
            2 => format!("{e}.tanh()"),
            3 => format!("{e}.clamp(-1.0, 1.0)"),
            _ => format!("{e}.atan() * 0.6"),
        }
    }

    /// A float that is not near zero.
    fn positive(&mut self, depth: usize) -> String {
        let e = self.unmoved(|g| g.operand(depth));
        match self.dice.below(3) {
            0 => format!("({e} * {e} + 0.5)"),
            1 => format!("({e}.abs() + 1.0)"),
            _ => format!("{e}.cos().exp()"),
        }
    }

    /// Any float.
    pub(super) fn float(&mut self, depth: usize) -> String {
        if depth == 0 || self.dice.chance(12) {
            return self.leaf();
        }
        let d = depth - 1;
        match self.dice.below(42) {
            0..=3 => {
                let op = self.dice.pick(&["+", "-", "+"]);
                format!("{} {op} {}", self.operand(d), self.operand(d))
            }
            4..=7 => format!("{} * {}", self.operand(d), self.operand(d)),
            8 => format!("{} / {}", self.operand(d), self.positive(d)),
            9 => format!("-{}", self.operand(d)),
            10 | 11 => self.bounded(d),
            12 => format!("{}.sqrt()", self.positive(d)),
            13 => format!("{}.ln()", self.positive(d)),
            14 => format!("{}.powi({})", self.bounded_operand(d), self.dice.below(4)),
            15 => {
                let f = self.dice.pick(&["max", "min", "hypot", "atan2"]);
                if f == "max" || f == "min" {
                    format!("{}.{f}({})", self.operand(d), self.float(d))
                } else {
                    format!("{}.{f}({})", self.positive(d), self.float(d))
                }
            }
            16 => format!("{}.mul_add({}, {})", self.operand(d), self.float(d), self.float(d)),
            17 => format!("{}.recip()", self.positive(d)),
            18 => format!("{}.powf({})", self.positive(d), self.bounded(d)),
            19 => {
                let f = self.dice.pick(&["f64::sin", "f64::tanh", "f64::abs", "f64::exp"]);
                if f == "f64::exp" { format!("{f}({})", self.bounded(d)) } else { format!("{f}({})", self.float(d)) }
            }
            20 | 21 => {
                let (c, a, b) = (self.condition(d), self.float(d), self.float(d));
                format!("if {c} {{ {a} }} else {{ {b} }}")
            }
            22 => self.match_count(d),
            23 => self.inner_block(d),
            24 | 25 => self.unmoved(|g| g.chain(d)),
            26 | 27 => self.optional_value(d),
            28 | 29 => self.call(d).unwrap_or_else(|| self.leaf()),
            30 => self.closure_call(d).unwrap_or_else(|| self.leaf()),
            31 => self.match_shape(d),
            32 => {
                let (a, b) = (self.bounded(d), self.bounded(d));
                format!("curve::grad({a}, {b}).{}", self.dice.below(2))
            }
            33 => {
                let (a, b) = (self.bounded(d), self.bounded(d));
                format!("curve::jvp({a}, {b}, {}, 0.5).1", self.bounded(d))
            }
            34..=37 => self.effect(d).unwrap_or_else(|| self.leaf()),
            38 | 39 => self.of_item(d),
            40 => match self.readable(Type::Point) {
                Some(p) => format!("{}.norm2()", p.name),
                None => self.leaf(),
            },
            _ => match self.readable(Type::Count) {
                Some(n) => format!("{} as f64 * {}", n.name, self.operand(d)),
                None => self.leaf(),
            },
        }
    }

    fn bounded_operand(&mut self, depth: usize) -> String {
        let e = self.bounded(depth);
        if is_simple(&e) { e } else { format!("({e})") }
    }

    /// A variable's float or a literal.
    pub(super) fn leaf(&mut self) -> String {
        for _ in 0..3 {
            if let Some(place) = self.place(false) {
                return place;
            }
        }
        self.literal()
    }

    /// A place that holds a float: to be read, or to be written.
    pub(super) fn place(&mut self, written: bool) -> Option<String> {
        let v = self.variable(|v| {
            !matches!(v.ty, Type::Count | Type::Closure(_) | Type::Optional | Type::Shape)
                && (!written || v.mutable && v.frozen == 0)
        })?;
        let name = v.name.clone();
        Some(match v.ty {
            Type::Float => name,
            Type::Reference => format!("*{name}"),
            Type::Array(n) => format!("{name}[{}]", self.index(&n.to_string(), n)),
            // `v[i % v.len()] = …` is no Rust for a `Vec`.
            Type::Vector if written => format!("{name}[{}]", self.index("2", 2)),
            Type::Vector | Type::Slice => format!("{name}[{}]", self.index(&format!("{name}.len()"), 2)),
            Type::Matrix | Type::Rows => format!("{name}[{}][{}]", self.index("2", 2), self.index("2", 2)),
            Type::Pair => format!("{name}.{}", self.dice.below(2)),
            Type::Point => format!("{name}.{}", self.dice.pick(&["a", "b"])),
            Type::Body => match self.dice.below(4) {
                0 => format!("{name}.w[{}]", self.index("3", 3)),
                1 => format!("{name}.tail[{}]", self.index("2", 2)),
                n => format!("{name}.at.{}", ["a", "b"][n - 2]),
            },
            _ => return None,
        })
    }

    /// An index into something of a length, at least `least`.
    pub(super) fn index(&mut self, length: &str, least: usize) -> String {
        if self.dice.chance(45)
            && let Some(n) = self.readable(Type::Count)
        {
            return match self.dice.below(3) {
                0 => format!("{} % {length}", n.name),
                1 => format!("({} + 1) % {length}", n.name),
                _ => format!("({} * {}) % {length}", n.name, n.name),
            };
        }
        if self.dice.chance(10) && !self.in_closure {
            return format!("{length} - 1");
        }
        self.dice.below(least).to_string()
    }

    /// A small integer.
    pub(super) fn count(&mut self) -> String {
        match self.readable(Type::Count) {
            Some(n) if self.dice.chance(60) => match self.dice.below(3) {
                0 => n.name,
                1 => format!("({} + 1)", n.name),
                _ => format!("({} % 3)", n.name),
            },
            _ => self.dice.below(4).to_string(),
        }
    }

    /// A condition.
    pub(super) fn condition(&mut self, depth: usize) -> String {
        match self.dice.below(8) {
            0 | 1 => match self.readable(Type::Count) {
                Some(n) => match self.dice.below(3) {
                    0 => format!("{} % 2 == {}", n.name, self.dice.below(2)),
                    1 => format!("{} < {}", n.name, 1 + self.dice.below(4)),
                    _ => format!("{} != {}", n.name, self.dice.below(3)),
                },
                None => format!("{} > 0.0", self.compared(depth.min(1))),
            },
            2 if depth > 0 => {
                let op = self.dice.pick(&["&&", "||"]);
                format!("{} {op} {}", self.condition(0), self.condition(0))
            }
            3 if depth > 0 => format!("!({})", self.condition(depth - 1)),
            4 => format!("{} < {}", self.compared(depth.min(2)), self.compared(depth.min(2))),
            5 => match self.readable(Type::Optional) {
                Some(o) => format!("{}.{}()", o.name, self.dice.pick(&["is_some", "is_none"])),
                None => format!("{} < 0.3", self.compared(depth.min(1))),
            },
            6 => match self.readable(Type::Vector) {
                Some(v) => format!("{}.len() > {}", v.name, 2 + self.dice.below(3)),
                None => format!("{} > 0.2", self.compared(depth.min(1))),
            },
            _ => format!("{} > {}", self.compared(depth.min(2)), self.dice.pick(&["0.0", "0.5", "-0.3", "1.0"])),
        }
    }

    /// An operand of a comparison. A method that a comparison calls must not change its receiver.
    fn compared(&mut self, depth: usize) -> String {
        let e = self.operand(depth);
        if e.contains(".bump(") { format!("({{ let bumped = {e}; bumped }})") } else { e }
    }

    fn match_count(&mut self, d: usize) -> String {
        let (n, a, b, c) = (self.count(), self.float(d), self.float(d), self.float(d));
        match self.dice.below(3) {
            0 => format!("match {n} {{ 0 => {a}, 1 | 2 => {b}, _ => {c} }}"),
            1 => {
                let guard = self.condition(0);
                format!("match {n} {{ 0..=1 => {a}, _ if {guard} => {b}, _ => {c} }}")
            }
            _ => {
                let k = self.name();
                self.scopes.push(Vec::new());
                self.declare(&k, Type::Count, false);
                let named = self.float(d);
                self.scopes.pop();
                format!("match {n} {{ 0 => {a}, {k} if {k} % 2 == 1 => {named}, _ => {b} }}")
            }
        }
    }

    fn match_shape(&mut self, d: usize) -> String {
        let Some(s) = self.readable(Type::Shape) else { return self.leaf() };
        let (r, w, h) = (self.name(), self.unique("w"), self.unique("h"));
        self.scopes.push(Vec::new());
        self.declare(&r, Type::Float, false);
        let line = self.float(d);
        self.scopes.last_mut().expect("just opened").clear();
        self.declare(&w, Type::Float, false);
        self.declare(&h, Type::Float, false);
        let rect = self.float(d);
        self.scopes.pop();
        let dot = self.float(d);
        format!(
            "match {} {{ Shape::Dot => {dot}, Shape::Line({r}) => {line}, Shape::Rect {{ w: {w}, h: {h} }} => {rect} }}",
            s.name
        )
    }

    fn inner_block(&mut self, d: usize) -> String {
        let (name, first) = (self.name(), self.float(d));
        self.scopes.push(Vec::new());
        self.declare(&name, Type::Float, false);
        let text = if self.dice.chance(30) {
            self.labels += 1;
            let label = format!("'l{}", self.labels);
            let (c, early, last) = (self.condition(1), self.float(d), self.float(d));
            format!("{label}: {{ let {name} = {first}; if {c} {{ break {label} {early}; }} {last} }}")
        } else {
            format!("{{ let {name} = {first}; {} }}", self.float(d))
        };
        self.scopes.pop();
        text
    }

    /// A float out of an `Option`.
    fn optional_value(&mut self, d: usize) -> String {
        let o = match self.readable(Type::Optional) {
            Some(o) if self.dice.chance(75) => o.name,
            _ => match self.optional_call(d) {
                Some(call) => call,
                None => return self.leaf(),
            },
        };
        let other = self.float(d);
        let name = self.name();
        self.scopes.push(Vec::new());
        self.declare(&name, Type::Float, false);
        let inner = self.in_closure(|g| g.float(d));
        let guard = self.condition(0);
        self.scopes.pop();
        match self.dice.below(6) {
            0 => format!("{o}.unwrap_or({other})"),
            1 => format!("{o}.map_or({other}, |{name}| {inner})"),
            2 => format!("{o}.map(|{name}| {inner}).unwrap_or({other})"),
            3 => format!("match {o} {{ Some({name}) => {inner}, None => {other} }}"),
            4 => format!("match {o} {{ Some({name}) if {guard} => {inner}, _ => {other} }}"),
            _ => format!("if let Some({name}) = {o} {{ {inner} }} else {{ {other} }}"),
        }
    }

    /// An `Option` that a callee gives.
    pub(super) fn optional_call(&mut self, d: usize) -> Option<String> {
        self.call_of(d, |c| c.optional)
    }

    /// A call to a function that gives a float and changes nothing.
    fn call(&mut self, d: usize) -> Option<String> {
        self.call_of(d, |c| c.valued && !c.optional)
    }

    fn call_of(&mut self, d: usize, wanted: impl Fn(&super::Callee) -> bool) -> Option<String> {
        let pure = |p: &Passed| !matches!(p, Passed::FloatMut | Passed::SliceMut | Passed::PointMut);
        let found: Vec<_> = self.callees.iter().filter(|c| wanted(c) && c.params.iter().all(pure)).cloned().collect();
        if found.is_empty() {
            return None;
        }
        let callee = found[self.dice.below(found.len())].clone();
        let mut arguments = Vec::new();
        for p in &callee.params {
            arguments.push(self.unmoved(|g| g.argument(*p, d.min(1)))?);
        }
        Some(format!("{}({})", callee.name, arguments.join(", ")))
    }

    /// An argument that is not changed.
    pub(super) fn argument(&mut self, passed: Passed, d: usize) -> Option<String> {
        Some(match passed {
            Passed::Float => self.float(d),
            Passed::Count => self.count(),
            Passed::Point => match self.readable(Type::Point) {
                Some(p) => p.value(),
                None => self.point(d),
            },
            Passed::Slice => self.slice()?,
            Passed::FloatMut | Passed::SliceMut | Passed::PointMut => return None,
        })
    }

    /// Two floats or more, borrowed.
    pub(super) fn slice(&mut self) -> Option<String> {
        let v =
            self.variable(|v| matches!(v.ty, Type::Array(_) | Type::Vector | Type::Slice | Type::Rows | Type::Body))?;
        Some(match v.ty {
            Type::Slice if v.mutable => format!("&{}[..]", v.name),
            Type::Slice => v.name,
            Type::Rows => format!("&{}[{}]", v.name, self.index("2", 2)),
            Type::Body => format!("&{}.{}", v.name, self.dice.pick(&["w", "tail"])),
            _ if self.dice.chance(30) => format!("&{}[..2]", v.name),
            _ => format!("&{}", v.name),
        })
    }

    pub(super) fn point(&mut self, d: usize) -> String {
        match (self.dice.below(7), self.readable(Type::Point)) {
            (0, Some(p)) => format!("Point {{ a: {}, ..{} }}", self.float(d), p.value()),
            (1, Some(p)) => format!("{}.scaled({})", p.name, self.bounded(d)),
            (2, Some(p)) => p.value(),
            (3, Some(p)) => {
                self.operators = true;
                format!("{} * {} + {}", p.value(), self.bounded_operand(d), p.value())
            }
            (4, Some(p)) => {
                self.operators = true;
                format!("-{} - Point {{ a: {}, b: 0.5 }}", p.value(), self.float(d))
            }
            _ => format!("Point {{ a: {}, b: {} }}", self.float(d), self.float(d)),
        }
    }

    fn closure_call(&mut self, d: usize) -> Option<String> {
        let v = self.variable(|v| matches!(v.ty, Type::Closure(_)))?;
        let Type::Closure(n) = v.ty else { return None };
        let arguments: Vec<String> = (0..n).map(|_| self.float(d)).collect();
        Some(format!("{}({})", v.name, arguments.join(", ")))
    }

    pub(super) fn in_closure<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.in_closure, true);
        let result = write(self);
        self.in_closure = before;
        result
    }
}

/// Whether an expression binds as tightly as a method call.
fn is_simple(e: &str) -> bool {
    let mut depth = 0_i32;
    for (i, c) in e.chars().enumerate() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ' ' | '{' | '\'' if depth == 0 => return false,
            '-' | '*' | '!' | '&' if i == 0 => return false,
            _ => {}
        }
    }
    true
}
