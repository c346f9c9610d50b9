//! The variables in scope, their types, and which of them may be written.

use super::Generator;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Type {
    Float,
    /// `&f64` and `&mut f64`.
    Reference,
    Array(usize),
    /// `Vec<f64>`, with two elements at least.
    Vector,
    /// `&[f64]` and `&mut [f64]`, with two elements at least.
    Slice,
    /// `[[f64; 2]; 2]`.
    Matrix,
    /// `Vec<Vec<f64>>`, two rows of two elements at least.
    Rows,
    Pair,
    /// `struct Point { a: f64, b: f64 }`, `Copy`.
    Point,
    /// `struct Body { at: Point, w: [f64; 3], tail: Vec<f64> }`.
    Body,
    /// `Option<f64>`.
    Optional,
    /// `enum Shape`.
    Shape,
    /// A `usize` below ten.
    Count,
    /// A closure of floats with that many parameters.
    Closure(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) ty: Type,
    /// It may be assigned, or what it refers to.
    pub(super) mutable: bool,
    /// It is borrowed: not to be written for the time being.
    pub(super) frozen: usize,
    /// It is mutably borrowed or moved: not to be read either.
    pub(super) hidden: bool,
}

impl Variable {
    /// It is a `&mut Point`.
    pub(super) fn is_reference(&self) -> bool {
        self.name.starts_with("point_mut")
    }

    /// What it is or refers to.
    pub(super) fn value(&self) -> String {
        if self.is_reference() { format!("*{}", self.name) } else { self.name.clone() }
    }
}

/// Names a user may choose, among them such as generated code likes.
const NAMES: [&str; 22] = [
    "a", "b", "c", "s", "t", "u", "y", "z", "acc", "sum", "value", "d_x", "d_s", "t_1", "tape", "ct", "x_dot", "p",
    "q", "r", "old", "flag",
];

impl Generator {
    /// A name for a new variable: sometimes one that shadows another.
    pub(super) fn name(&mut self) -> String {
        self.dice.pick(&NAMES).to_string()
    }

    /// A name that nothing else has.
    pub(super) fn unique(&mut self, stem: &str) -> String {
        self.temporaries += 1;
        format!("{stem}{}", self.temporaries)
    }

    pub(super) fn declare(&mut self, name: &str, ty: Type, mutable: bool) {
        let variable = Variable { name: name.to_owned(), ty, mutable, frozen: 0, hidden: false };
        self.scopes.last_mut().expect("a scope is open").push(variable);
    }

    /// The variables that can be named here, as indices of scope and variable: the innermost of each name.
    fn visible(&self) -> Vec<(usize, usize)> {
        let mut seen: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for (i, scope) in self.scopes.iter().enumerate().rev() {
            for (j, v) in scope.iter().enumerate().rev() {
                if !seen.contains(&v.name.as_str()) {
                    seen.push(&v.name);
                    if !v.hidden {
                        found.push((i, j));
                    }
                }
            }
        }
        found
    }

    /// A variable that satisfies a condition.
    pub(super) fn variable(&mut self, wanted: impl Fn(&Variable) -> bool) -> Option<Variable> {
        let found: Vec<_> = self.visible().into_iter().filter(|&(i, j)| wanted(&self.scopes[i][j])).collect();
        if found.is_empty() {
            return None;
        }
        let (i, j) = found[self.dice.below(found.len())];
        Some(self.scopes[i][j].clone())
    }

    pub(super) fn readable(&mut self, ty: Type) -> Option<Variable> {
        self.variable(|v| v.ty == ty)
    }

    pub(super) fn writable(&mut self, ty: Type) -> Option<Variable> {
        self.variable(|v| v.ty == ty && v.mutable && v.frozen == 0)
    }

    fn update(&mut self, name: &str, change: impl FnOnce(&mut Variable)) {
        for scope in self.scopes.iter_mut().rev() {
            if let Some(v) = scope.iter_mut().rev().find(|v| v.name == name) {
                return change(v);
            }
        }
    }

    /// Runs `body` while a variable can only be read.
    pub(super) fn while_frozen<T>(&mut self, name: &str, body: impl FnOnce(&mut Self) -> T) -> T {
        let place = self.place_of(name);
        self.at(place, |v| v.frozen += 1);
        let result = body(self);
        self.at(place, |v| v.frozen -= 1);
        result
    }

    /// Runs `body` while a variable cannot be named.
    pub(super) fn while_hidden<T>(&mut self, name: &str, body: impl FnOnce(&mut Self) -> T) -> T {
        let place = self.place_of(name);
        let before = place.is_some_and(|(i, j)| std::mem::replace(&mut self.scopes[i][j].hidden, true));
        let result = body(self);
        self.at(place, |v| v.hidden = before);
        result
    }

    /// Runs `body` while nothing can be written.
    pub(super) fn while_all_frozen<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.iter_mut().flatten().for_each(|v| v.frozen += 1);
        let (outer, lengths) = (self.scopes.len(), self.scopes.iter().map(Vec::len).collect::<Vec<_>>());
        let result = body(self);
        for i in 0..outer {
            self.scopes[i][..lengths[i]].iter_mut().for_each(|v| v.frozen -= 1);
        }
        result
    }

    /// A variable's value has moved away.
    pub(super) fn moved(&mut self, name: &str) {
        self.update(name, |v| v.hidden = true);
    }

    /// Whether a variable belongs to the innermost scope.
    pub(super) fn is_local(&self, name: &str) -> bool {
        self.scopes.last().is_some_and(|s| s.iter().any(|v| v.name == name))
    }

    fn place_of(&self, name: &str) -> Option<(usize, usize)> {
        self.visible().into_iter().find(|&(i, j)| self.scopes[i][j].name == name)
    }

    fn at(&mut self, place: Option<(usize, usize)>, change: impl FnOnce(&mut Variable)) {
        if let Some((i, j)) = place {
            change(&mut self.scopes[i][j]);
        }
    }
}
