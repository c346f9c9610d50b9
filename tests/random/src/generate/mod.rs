//! Programs from the grammar of the language that `#[differentiable]` takes.
//!
//! In: a seed. Out: the source of a module with annotated functions `f` and its callees, and with `run`, which calls
//! the derivatives of `f` at a point and compares them. Equal seeds give equal programs. All programs compile, end, and
//! are smooth almost everywhere; their values stay moderate, as loops only assign what is bounded.
//!
//! `dice.rs` draws, `scope.rs` knows what is in scope, `exprs.rs`, `stmts.rs`, `effects.rs`, `items.rs` and `functions.rs`
//! write what they are named after.

mod chains;
mod dice;
mod effects;
mod exprs;
mod functions;
mod items;
mod loops;
mod scope;
mod stmts;

use dice::Dice;
use scope::Variable;

/// The source of the program with a number. Every fourth has second derivatives.
pub fn generate(seed: u64) -> String {
    let second = seed.is_multiple_of(4);
    let text = functions::program(&mut Generator { second, ..Generator::new(seed) });
    if second { text.replace("#[differentiable]", "#[differentiable(order = 2)]") } else { text }
}

/// A function that the program may call.
#[derive(Clone)]
struct Callee {
    name: String,
    /// The types of its parameters, as `scope::Type`s of what is passed.
    params: Vec<Passed>,
    /// It returns an `Option`.
    optional: bool,
    /// Its value is a float, or an `Option` of one; else nothing.
    valued: bool,
}

/// How an argument is passed.
#[derive(Clone, Copy, PartialEq)]
enum Passed {
    Float,
    FloatMut,
    Slice,
    SliceMut,
    Count,
    Point,
    PointMut,
}

/// What is written so far, and what the next line may use.
struct Generator {
    dice: Dice,
    scopes: Vec<Vec<Variable>>,
    lines: Vec<String>,
    indent: usize,
    /// Loops around the line: what is assigned in them stays bounded.
    loops: Vec<LoopScope>,
    callees: Vec<Callee>,
    /// What the function under construction returns.
    returns: Returns,
    /// Depth of statements.
    depth: usize,
    labels: usize,
    temporaries: usize,
    /// Inside an expression that is written into a closure: no `return`, no statement that changes what is outside.
    in_closure: bool,
    /// Inside an expression that must change nothing, since something is borrowed or it is written twice.
    still: bool,
    /// The program uses operators of points.
    operators: bool,
    /// The program compares second derivatives as well.
    second: bool,
}

/// A loop or labelled block that is open.
struct LoopScope {
    label: Option<String>,
    /// `continue` would skip the step of a counter.
    counted: bool,
}

/// The type of a function's value.
#[derive(Clone, Copy, PartialEq)]
enum Returns {
    Nothing,
    Float,
    Optional,
    Pair,
    Vector,
    Point,
}

impl Generator {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            scopes: vec![Vec::new()],
            lines: Vec::new(),
            indent: 0,
            loops: Vec::new(),
            callees: Vec::new(),
            returns: Returns::Float,
            depth: 0,
            labels: 0,
            temporaries: 0,
            in_closure: false,
            still: false,
            operators: false,
            second: false,
        }
    }

    fn line(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("{}{}", "    ".repeat(self.indent), text.as_ref()));
    }

    /// Writes `head {`, the lines of `body` in a scope of its own, and `}`.
    fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.block_then(head, "}", body);
    }

    fn block_then(&mut self, head: &str, end: &str, body: impl FnOnce(&mut Self)) {
        self.line(format!("{head} {{").trim_start());
        self.indent += 1;
        self.scopes.push(Vec::new());
        body(self);
        self.scopes.pop();
        self.indent -= 1;
        self.line(end);
    }
}
