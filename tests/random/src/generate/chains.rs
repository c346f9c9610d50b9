//! Chains of iterators that end in a float.

use super::Generator;
use super::scope::Type;

impl Generator {
    /// A float out of a chain over some sequence.
    pub(super) fn chain(&mut self, d: usize) -> String {
        let d = d.min(2);
        if self.dice.chance(20) {
            let (n, i) = (self.count(), self.name());
            let term = self.under(&[(&i, Type::Count)], |g| g.bounded(d));
            return format!("(0..{n}).map(|{i}| {term}).sum::<f64>()");
        }
        let Some(slice) = self.slice() else { return self.leaf() };
        let v = slice.trim_start_matches('&').to_owned();
        let a = self.name();
        match self.dice.below(14) {
            0 => {
                let term = self.under(&[(&a, Type::Reference)], |g| g.float(d));
                format!("{v}.iter().map(|{a}| {term}).sum::<f64>()")
            }
            1 => {
                let term = self.under(&[(&a, Type::Float)], |g| g.float(d));
                let stage = self.dice.pick(&["rev()", "skip(1)", "take(2)", "step_by(2)", "chain([0.5, 0.7])"]);
                format!("{v}.iter().copied().{stage}.map(|{a}| {term}).sum::<f64>()")
            }
            2 => {
                let Some(other) = self.slice() else { return self.leaf() };
                let (w, b) = (other.trim_start_matches('&').to_owned(), self.unique("e"));
                let term = self.under(&[(&a, Type::Reference), (&b, Type::Reference)], |g| g.float(d));
                format!("{v}.iter().zip({w}.iter()).map(|({a}, {b})| {term}).sum::<f64>()")
            }
            3 => {
                let i = self.unique("i");
                let term = self.under(&[(&i, Type::Count), (&a, Type::Float)], |g| g.float(d));
                format!("{v}.iter().enumerate().map(|({i}, &{a})| {term}).sum::<f64>()")
            }
            4 => {
                let acc = self.unique("acc");
                let first = self.float(d);
                let step = self.under(&[(&acc, Type::Float), (&a, Type::Reference)], |g| g.bounded(d));
                format!("{v}.iter().fold({first}, |{acc}, {a}| {acc} * 0.5 + {step})")
            }
            5 => {
                let guard = self.under(&[(&a, Type::Float)], |g| g.condition(0));
                let term = self.under(&[(&a, Type::Float)], |g| g.float(d));
                format!("{v}.iter().filter(|&&{a}| {guard}).map(|&{a}| {term}).sum::<f64>()")
            }
            6 => {
                let f = self.dice.pick(&["max", "min"]);
                format!("{v}.iter().fold({}, |m, &{a}| m.{f}({a}))", self.float(d))
            }
            7 => {
                let term = self.under(&[(&a, Type::Slice)], |g| g.float(d));
                let stage = self.dice.pick(&["windows(2)", "chunks_exact(2)"]);
                format!("{v}.{stage}.map(|{a}| {term}).sum::<f64>()")
            }
            8 => {
                let term = self.under(&[(&a, Type::Float)], |g| g.bounded(d));
                format!("{v}.iter().map(|&{a}| {term}).product::<f64>()")
            }
            9 => {
                let (end, other) = (self.dice.pick(&["first", "last"]), self.float(d));
                format!("{v}.{end}().copied().unwrap_or({other})")
            }
            10 => {
                let (n, other) = (self.count(), self.float(d));
                let term = self.under(&[(&a, Type::Reference)], |g| g.float(d));
                format!("{v}.get({n}).map_or({other}, |{a}| {term})")
            }
            11 => {
                let best = self.dice.pick(&["max_by", "min_by"]);
                format!("{v}.iter().copied().{best}(|m, k| m.total_cmp(k)).unwrap()")
            }
            12 => {
                let Some(o) = self.readable(Type::Optional) else { return self.leaf() };
                // The parameter must not hide the option.
                let (a, b) = (if a == o.name { self.unique("a") } else { a }, self.unique("b"));
                let term = self.under(&[(&a, Type::Reference), (&b, Type::Float)], |g| g.bounded(d));
                format!("{v}.iter().filter_map(|{a}| {{ let {b} = {}?; Some({term}) }}).sum::<f64>()", o.name)
            }
            _ => {
                let term = self.under(&[(&a, Type::Reference)], |g| g.float(d));
                let outer = self.under(&[(&a, Type::Float)], |g| g.bounded(d));
                format!("{v}.iter().map(|{a}| {term}).map(|{a}| {outer}).sum::<f64>()")
            }
        }
    }

    /// Writes inside a closure with parameters.
    pub(super) fn under(&mut self, params: &[(&str, Type)], write: impl FnOnce(&mut Self) -> String) -> String {
        self.scopes.push(Vec::new());
        for (name, ty) in params {
            self.declare(name, *ty, false);
        }
        let text = self.in_closure(write);
        self.scopes.pop();
        text
    }
}
