//! Expressions that change something while they are computed: the order of operands, of conditions and of arms matters
//! where they stand. They stand where nothing that they change is borrowed.

use super::Generator;
use super::scope::{Type, Variable};

impl Generator {
    /// A float that changes something on the way, if something may be changed here.
    pub(super) fn effect(&mut self, d: usize) -> Option<String> {
        if self.in_closure || self.still {
            return None;
        }
        match self.dice.below(10) {
            0 | 1 => {
                let place = self.place(true)?;
                let (step, value) = (self.bounded(d.min(1)), self.float(d));
                Some(match self.dice.below(3) {
                    0 => format!("{{ {place} = {step}; {value} }}"),
                    1 => format!("{{ {place} *= 0.5 + {step} * 0.3; {value} }}"),
                    _ => format!("{{ {place} = {place} * 0.5 + {step}; {value} }}"),
                })
            }
            2 | 3 => {
                let owner = self.variable(|v| is_writable(v) && matches!(v.ty, Type::Point | Type::Body))?;
                let step = self.unmoved(|g| g.bounded(d.min(1)));
                let at = if owner.ty == Type::Body { ".at" } else { "" };
                Some(format!("{}{at}.bump({step})", owner.name))
            }
            4 | 5 => self.changing_value(),
            6 => {
                let o = self.variable(|v| is_writable(v) && v.ty == Type::Optional)?.name;
                let (given, other) = self.while_hidden(&o, |g| (g.bounded(d.min(1)), g.bounded(d.min(1))));
                Some(match self.dice.below(4) {
                    0 => format!("{o}.take().unwrap_or({other})"),
                    1 => format!("{o}.replace({given}).unwrap_or({other})"),
                    2 => format!("*{o}.get_or_insert({given})"),
                    _ => format!("*{o}.insert({given})"),
                })
            }
            7 => {
                let a = self.writable(Type::Float)?.name;
                let value = self.while_hidden(&a, |g| g.bounded(d.min(1)));
                Some(format!("std::mem::replace(&mut {a}, {value})"))
            }
            8 => {
                let v =
                    self.variable(|v| is_writable(v) && matches!(v.ty, Type::Array(_) | Type::Vector | Type::Slice))?;
                let change = self.dice.pick(&["reverse()", "rotate_left(1)", "swap(0, 1)", "sort_by(f64::total_cmp)"]);
                Some(format!("{{ {}.{change}; {} }}", v.name, self.float(d)))
            }
            _ => {
                let place = self.place(true)?;
                let (condition, step, value) = (self.condition(0), self.bounded(d.min(1)), self.float(d));
                Some(format!("{{ if {condition} {{ {place} = {step}; }} {value} }}"))
            }
        }
    }

    /// A call of a function that changes what it is given, as an operand.
    fn changing_value(&mut self) -> Option<String> {
        let (text, valued) = self.changed_by_callee()?;
        valued.then_some(text)
    }

    /// Writes what changes nothing.
    pub(super) fn unmoved<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.still, true);
        let result = write(self);
        self.still = before;
        result
    }

    /// A statement that changes a sequence as a whole.
    pub(super) fn rearrangement(&mut self) {
        let Some(v) = self.variable(|v| is_writable(v) && matches!(v.ty, Type::Array(3) | Type::Vector | Type::Slice))
        else {
            return self.assignment();
        };
        let name = v.name;
        let b = self.while_hidden(&name, |g| g.unmoved(|g| g.bounded(1)));
        let text = match self.dice.below(if v.ty == Type::Vector { 11 } else { 6 }) {
            0 => format!("{name}.reverse();"),
            1 => format!("{name}.rotate_left(1);"),
            2 => format!("{name}.sort_by(f64::total_cmp);"),
            3 => format!("{name}.iter_mut().for_each(|e| *e = *e * 0.5 + {b});"),
            4 => format!(
                "{{ let (l, r) = {name}.split_at_mut(1); l[0] = l[0] * 0.5 + r[0] * {b}; r[0] *= l[0].sin(); }}"
            ),
            5 => format!("{name}.copy_within(0..1, 1);"),
            6 => format!("{name}.truncate(2);"),
            7 => format!("if {name}.len() < 8 {{ {name}.insert(1, {b}); }}"),
            8 => format!("if {name}.len() > 2 {{ {name}.swap_remove(0); }}"),
            9 => format!("if {name}.len() < 6 {{ {name}.extend_from_slice(&[{b}, 0.5]); }}"),
            _ => format!("{name}.resize(3, {b});"),
        };
        self.line(text);
    }
}

fn is_writable(v: &Variable) -> bool {
    v.mutable && v.frozen == 0
}
