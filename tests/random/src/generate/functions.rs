//! Functions: callees, the function under test, and the code that runs it.

use super::scope::Type;
use super::{Callee, Generator, Passed, Returns};

const TYPES: &str = "#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Point {
    pub a: f64,
    pub b: f64,
}

#[differentiable]
impl Point {
    fn norm2(&self) -> f64 {
        self.a * self.a + self.b * self.b
    }
    fn scaled(self, by: f64) -> Point {
        Point { a: self.a * by, b: self.b * by }
    }
    fn bump(&mut self, by: f64) -> f64 {
        let old = self.a * 0.5;
        self.a = old + by * self.b.cos();
        std::mem::swap(&mut self.a, &mut self.b);
        old - by
    }
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Body {
    pub at: Point,
    pub w: [f64; 3],
    pub tail: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub enum Shape {
    Dot,
    Line(f64),
    Rect { w: f64, h: f64 },
}
";

/// What programs take derivatives of.
const CURVE: &str = "
fn curve(x: f64, y: f64) -> f64 {
    let mut s = (x * y).sin();
    for i in 0..2 {
        s += if y > 0.3 { x.tanh() * y } else { y * y * i as f64 };
    }
    s
}
";

/// A whole module.
pub(super) fn program(g: &mut Generator) -> String {
    let mut text = String::from("use crate::prelude::*;\n\n");
    text.push_str(TYPES);
    // One order more than what calls its derivatives.
    text.push_str(&format!("\n#[differentiable(order = {})]{CURVE}", if g.second { 3 } else { 2 }));
    for i in 0..g.dice.below(4) {
        text.push('\n');
        text.push_str(&callee(g, i));
    }
    text.push('\n');
    text.push_str(&main_function(g));
    let items = g.items(&text);
    text + &items
}

/// A parameter: its name, its type as written, and how the test makes an argument.
struct Parameter {
    name: String,
    written: &'static str,
    /// An expression of `r`, the numbers at hand.
    made: &'static str,
    /// What stands before the variable in the call.
    passed: &'static str,
    mutable: bool,
}

fn start(g: &mut Generator) {
    g.scopes = vec![Vec::new()];
    g.lines.clear();
    g.indent = 1;
    g.depth = 0;
    g.loops.clear();
}

fn callee(g: &mut Generator, number: usize) -> String {
    start(g);
    let name = format!("h{number}");
    let mut params = Vec::new();
    let mut written = Vec::new();
    for i in 0..=g.dice.below(3) {
        let (passed, stem, text, ty, mutable) = match g.dice.below(9) {
            0..=2 => (Passed::Float, "x", "f64", Type::Float, false),
            3 => (Passed::FloatMut, "m", "&mut f64", Type::Reference, true),
            4 => (Passed::Slice, "v", "&[f64]", Type::Slice, false),
            5 => (Passed::SliceMut, "w", "&mut [f64]", Type::Slice, true),
            6 => (Passed::Count, "n", "usize", Type::Count, false),
            7 => (Passed::Point, "p", "Point", Type::Point, false),
            _ => (Passed::PointMut, "point_mut", "&mut Point", Type::Point, true),
        };
        let param = format!("{stem}{i}");
        written.push(format!("{param}: {text}"));
        g.declare(&param, ty, mutable);
        params.push(passed);
    }
    let changes = params.iter().any(|p| matches!(p, Passed::FloatMut | Passed::SliceMut | Passed::PointMut));
    g.returns = match g.dice.below(4) {
        0 if changes => Returns::Nothing,
        1 if !changes => Returns::Optional,
        _ => Returns::Float,
    };
    let n = 1 + g.dice.below(4);
    g.statements(n);
    let recursive = params.contains(&Passed::Count) && !changes && g.returns == Returns::Float && g.dice.chance(40);
    if recursive {
        let count = params.iter().position(|p| *p == Passed::Count).expect("just found");
        let mut arguments = Vec::new();
        for (i, p) in params.iter().enumerate() {
            arguments.push(if i == count {
                format!("n{i} - 1")
            } else if *p == Passed::Float {
                g.bounded(1)
            } else {
                let stem = match p {
                    Passed::Slice => "v",
                    Passed::Count => "n",
                    _ => "p",
                };
                format!("{stem}{i}")
            });
        }
        let (base, step) = (g.float(1), g.bounded(1));
        g.line(format!(
            "if n{count} == 0 || n{count} > 9 {{ {base} }} else {{ {step} + 0.5 * {name}({}) }}",
            arguments.join(", ")
        ));
    } else {
        let value = g.returned();
        if !value.is_empty() {
            g.line(value);
        }
    }
    let arrow = arrow(g.returns);
    let text = format!("#[differentiable]\nfn {name}({}){arrow} {{\n{}\n}}\n", written.join(", "), g.lines.join("\n"));
    g.callees.push(Callee {
        name,
        params,
        optional: g.returns == Returns::Optional,
        valued: g.returns != Returns::Nothing,
    });
    text
}

fn arrow(returns: Returns) -> &'static str {
    match returns {
        Returns::Nothing => "",
        Returns::Float => " -> f64",
        Returns::Optional => " -> Option<f64>",
        Returns::Pair => " -> (f64, f64)",
        Returns::Vector => " -> Vec<f64>",
        Returns::Point => " -> Point",
    }
}

fn main_function(g: &mut Generator) -> String {
    start(g);
    let mut params = Vec::new();
    let names = ["x", "y", "v", "n", "w", "d_x", "p", "s", "t_1"];
    let wanted = 2 + g.dice.below(4);
    for (i, name) in names.iter().enumerate().take(wanted) {
        let choice = if i == 0 { 0 } else { g.dice.below(13) };
        let (written, made, passed, ty, mutable) = match choice {
            0..=2 => ("f64", "r.float()", "", Type::Float, g.dice.chance(30)),
            3 | 4 => ("&[f64]", "r.floats(4)", "&", Type::Slice, false),
            5 => ("&mut [f64]", "r.floats(3)", "&mut ", Type::Slice, true),
            6 => ("&mut f64", "r.float()", "&mut ", Type::Reference, true),
            7 | 8 => ("usize", "r.count()", "", Type::Count, false),
            9 => ("Point", "Point { a: r.float(), b: r.float() }", "", Type::Point, false),
            10 => ("[f64; 3]", "[r.float(), r.float(), r.float()]", "", Type::Array(3), g.dice.chance(30)),
            11 => ("Option<f64>", "Some(r.float())", "", Type::Optional, false),
            _ => ("Vec<f64>", "r.floats(3)", "", Type::Vector, g.dice.chance(50)),
        };
        let mutable_binding = mutable && !written.starts_with("&mut");
        g.declare(name, ty, mutable);
        params.push(Parameter { name: (*name).to_owned(), written, made, passed, mutable: mutable_binding });
    }
    let changes = params.iter().any(|p| p.passed == "&mut ");
    g.returns = match g.dice.below(12) {
        0 => Returns::Pair,
        1 => Returns::Vector,
        2 => Returns::Point,
        3 => Returns::Optional,
        4 if changes => Returns::Nothing,
        _ => Returns::Float,
    };
    let n = 3 + g.dice.below(6);
    g.statements(n);
    let value = g.returned();
    if !value.is_empty() {
        // All that is alive takes part.
        let rest: Vec<String> = (0..4).filter_map(|_| g.place(false)).collect();
        match g.returns {
            Returns::Float => g.line(format!(
                "{} + {}",
                if value.starts_with(['{', '\'']) || value.starts_with("if") || value.starts_with("match") {
                    format!("({value})")
                } else {
                    value
                },
                if rest.is_empty() { "x".to_owned() } else { rest.join(" * 0.7 + ") }
            )),
            _ => g.line(value),
        }
    }
    let list: Vec<String> =
        params.iter().map(|p| format!("{}{}: {}", if p.mutable { "mut " } else { "" }, p.name, p.written)).collect();
    let function =
        format!("#[differentiable]\nfn f({}){} {{\n{}\n}}\n", list.join(", "), arrow(g.returns), g.lines.join("\n"));
    format!("{function}\n{}", runner(&params, g.returns, g.second))
}

/// The code that calls the derivatives and compares.
fn runner(params: &[Parameter], returns: Returns, second: bool) -> String {
    let mut text = String::from("pub fn run(r: &mut Numbers, check: Tolerance) -> Result<(), Failure> {\n");
    for (i, p) in params.iter().enumerate() {
        text.push_str(&format!("    let a{i} = {};\n", p.made));
    }
    let fresh = |text: &mut String| {
        for (i, p) in params.iter().enumerate() {
            text.push_str(&format!("    let {}b{i} = a{i}.clone();\n", if p.passed == "&mut " { "mut " } else { "" }));
        }
    };
    let call: Vec<String> = params.iter().enumerate().map(|(i, p)| format!("{}b{i}", p.passed)).collect();
    let call = call.join(", ");
    let finals: Vec<String> =
        params.iter().enumerate().filter(|(_, p)| p.passed == "&mut ").map(|(i, _)| format!(", &b{i}")).collect();
    let finals = finals.concat();
    fresh(&mut text);
    text.push_str(&format!(
        "    let value = f({call});\n    let expected = numbers(&(&value{finals}));\n    usable(&expected)?;\n"
    ));
    if returns == Returns::Float {
        fresh(&mut text);
        text.push_str(&format!("    let (value, gradient) = f::value_and_grad({call});\n    same(\"value_and_grad\", &numbers(&(&value{finals})), &expected)?;\n"));
        if finals.is_empty() {
            fresh(&mut text);
            text.push_str(&format!(
                "    let (value, pullback) = f::vjp({call});\n    same(\"vjp\", &numbers(&value), &expected)?;\n"
            ));
            text.push_str("    let once = numbers(&pullback(1.0));\n    close(\"pullback\", &once, &numbers(&gradient))?;\n    same(\"pullback, again\", &numbers(&pullback(1.0)), &once)?;\n");
        }
    }
    if second && returns == Returns::Float && finals.is_empty() {
        fresh(&mut text);
        text.push_str(&format!("    let hessian = f::hessian({call});\n    let gradient = |step: f64| {{\n"));
        fresh(&mut text);
        // The first parameter is always a float.
        text.push_str(&format!("    let b0 = b0 + step;\n    f::jacobian({call})\n    }};\n"));
        text.push_str("    second_derivatives(&hessian, gradient)?;\n");
    }
    fresh(&mut text);
    text.push_str(&format!("    f::check_with({call}, check).map_err(Failure::Check)\n}}\n"));
    text
}
