//! Loops: over ranges, over elements, counted, with values, labelled.

use super::scope::Type;
use super::{Generator, LoopScope};

impl Generator {
    pub(super) fn any_loop(&mut self) {
        if self.loops.len() >= 2 {
            return self.assignment();
        }
        match self.dice.below(9) {
            0..=2 => self.range_loop(),
            3 | 4 => self.element_loop(),
            5 => self.change_loop(),
            6 => self.while_loop(),
            7 => self.value_loop(),
            _ => self.while_some(),
        }
    }

    fn open(&mut self, counted: bool) -> String {
        let label = self.dice.chance(30).then(|| {
            self.labels += 1;
            format!("'l{}", self.labels)
        });
        let text = label.as_ref().map(|l| format!("{l}: ")).unwrap_or_default();
        self.loops.push(LoopScope { label, counted });
        text
    }

    fn range_loop(&mut self) {
        let name = if self.dice.chance(70) { self.unique("i") } else { self.name() };
        let n = self.count();
        let range = match self.dice.below(6) {
            0 => format!("(0..{n}).rev()"),
            1 => format!("0..={n}"),
            2 => format!("1..{n}"),
            3 => format!("(0..5).step_by(2).take({n})"),
            _ => format!("0..{n}"),
        };
        let checkpoint = self.dice.chance(8);
        if checkpoint {
            let kind = self.dice.pick(&["#[checkpoint]", "#[checkpoint(every = 2)]", "#[checkpoint(snapshots = 2)]"]);
            self.line(kind);
        }
        let label = self.open(false);
        let returns = self.returns;
        self.block(&format!("{label}for {name} in {range}"), |g| {
            g.declare(&name, Type::Count, false);
            g.body();
        });
        self.returns = returns;
        self.loops.pop();
    }

    fn element_loop(&mut self) {
        let Some(s) = self.slice() else { return self.range_loop() };
        let v = s.trim_start_matches('&').to_owned();
        let root = v.split(['.', '[']).next().expect("a name").to_owned();
        let (a, i) = (self.name(), self.unique("i"));
        let other = self.slice();
        let (head, params): (String, Vec<(String, Type)>) = match self.dice.below(7) {
            0 => (format!("{a} in {s}"), vec![(a, Type::Reference)]),
            1 => (format!("&{a} in {v}.iter()"), vec![(a, Type::Float)]),
            2 => (format!("({i}, {a}) in {v}.iter().enumerate()"), vec![(i, Type::Count), (a, Type::Reference)]),
            3 => (format!("{a} in {v}.windows(2)"), vec![(a, Type::Slice)]),
            4 => (format!("{a} in {v}.iter().rev().skip(1)"), vec![(a, Type::Reference)]),
            5 => (format!("{a} in {v}.iter().copied().filter(|e| *e > 0.0)"), vec![(a, Type::Float)]),
            _ => {
                let Some(w) = other else { return self.range_loop() };
                let w = w.trim_start_matches('&').to_owned();
                let b = self.unique("e");
                let second = w.split(['.', '[']).next().expect("a name").to_owned();
                let head = format!("({a}, {b}) in {v}.iter().zip({w}.iter())");
                let label = self.open(false);
                self.while_frozen(&root, |g| {
                    g.while_frozen(&second, |g| {
                        g.block(&format!("{label}for {head}"), |g| {
                            g.declare(&a, Type::Reference, false);
                            g.declare(&b, Type::Reference, false);
                            g.body();
                        });
                    });
                });
                self.loops.pop();
                return;
            }
        };
        let label = self.open(false);
        self.while_frozen(&root, |g| {
            g.block(&format!("{label}for {head}"), |g| {
                for (name, ty) in params {
                    g.declare(&name, ty, false);
                }
                g.body();
            });
        });
        self.loops.pop();
    }

    /// A loop over elements that it changes.
    fn change_loop(&mut self) {
        let Some(v) = self.variable(|v| {
            v.mutable && v.frozen == 0 && matches!(v.ty, Type::Array(_) | Type::Vector | Type::Slice | Type::Body)
        }) else {
            return self.range_loop();
        };
        let path = if v.ty == Type::Body { format!("{}.w", v.name) } else { v.name.clone() };
        let (a, i) = (self.unique("e"), self.unique("i"));
        let indexed = self.dice.chance(40);
        let head = if indexed {
            format!("({i}, {a}) in {path}.iter_mut().enumerate()")
        } else {
            format!("{a} in {path}.iter_mut()")
        };
        let label = self.open(false);
        self.while_hidden(&v.name, |g| {
            g.block(&format!("{label}for {head}"), |g| {
                if indexed {
                    g.declare(&i, Type::Count, false);
                }
                g.declare(&a, Type::Reference, true);
                let value = g.assigned();
                g.line(format!("*{a} = *{a} * 0.5 + {value};"));
                g.body();
            });
        });
        self.loops.pop();
    }

    /// A counted `while`, perhaps with a condition on floats as well.
    fn while_loop(&mut self) {
        let k = self.unique("k");
        self.line(format!("let mut {k} = 0;"));
        let n = 1 + self.dice.below(4);
        let more = if self.dice.chance(50) { format!(" && {}", self.condition(0)) } else { String::new() };
        let label = self.open(true);
        let first = self.dice.chance(50);
        self.block(&format!("{label}while {k} < {n}{}", parenthesised(&more)), |g| {
            g.declare(&k, Type::Count, false);
            if first {
                g.line(format!("{k} += 1;"));
            }
            g.body();
            if !first {
                g.line(format!("{k} += 1;"));
            }
        });
        self.loops.pop();
    }

    /// `let x = loop { … break value … };`
    fn value_loop(&mut self) {
        let (k, name) = (self.unique("k"), self.name());
        self.line(format!("let mut {k} = 0;"));
        self.labels += 1;
        let label = self.dice.chance(40).then(|| format!("'l{}", self.labels));
        let text = label.as_ref().map(|l| format!("{l}: ")).unwrap_or_default();
        let n = 1 + self.dice.below(4);
        // What breaks out of it must give a value, so the loop is not among those that exits know.
        let outer = std::mem::take(&mut self.loops);
        self.depth += 1;
        self.block_then(&format!("let {name} = {text}loop"), "};", |g| {
            g.declare(&k, Type::Count, false);
            for _ in 0..1 + g.dice.below(2) {
                g.bounded_assignment();
            }
            let (c, value) = (g.condition(1), g.bounded(2));
            let target = label.as_ref().map(|l| format!(" {l}")).unwrap_or_default();
            g.block(&format!("if {k} >= {n} || {c}"), |g| g.line(format!("break{target} {value};")));
            g.line(format!("{k} += 1;"));
            g.bounded_assignment();
        });
        self.depth -= 1;
        self.loops = outer;
        self.declare(&name, Type::Float, false);
    }

    fn bounded_assignment(&mut self) {
        let Some(place) = self.place(true) else { return };
        let value = self.bounded(2);
        self.line(format!("{place} = {place} * 0.5 + {value};"));
    }

    /// `while let Some(x) = stack.pop()`, of a copy.
    fn while_some(&mut self) {
        let Some(s) = self.slice() else { return self.range_loop() };
        let (stack, top) = (self.unique("stack"), self.name());
        self.line(format!("let mut {stack} = {}.to_vec();", s.trim_start_matches('&')));
        let label = self.open(false);
        self.block(&format!("{label}while let Some({top}) = {stack}.pop()"), |g| {
            g.declare(&top, Type::Float, false);
            g.body();
        });
        self.loops.pop();
    }
}

/// Binds `&& a || b` as it is meant.
fn parenthesised(more: &str) -> String {
    match more.strip_prefix(" && ") {
        Some(rest) if rest.contains("||") => format!(" && ({rest})"),
        _ => more.to_owned(),
    }
}
