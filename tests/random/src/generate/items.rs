//! Items that stand in a program only if it names them: constants, operators, traits, functions with other values.

use super::Generator;
use super::scope::Type;

/// What a text names, and the item that it then needs.
const ITEMS: [(&str, &str); 5] = [
    ("GAIN", "const GAIN: f64 = 0.8;\n"),
    ("TABLE[", "static TABLE: [f64; 3] = [0.3, -0.6, 1.1];\n"),
    (
        "acted(",
        "#[differentiable]
trait Act {
    fn act(&self, x: f64) -> f64;
    fn twice(&self, x: f64) -> f64 {
        self.act(self.act(x) * 0.5)
    }
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Gain {
    k: f64,
}

#[differentiable]
impl Act for Gain {
    fn act(&self, x: f64) -> f64 {
        self.k * x
    }
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Bend(f64, f64);

#[differentiable]
impl Act for Bend {
    fn act(&self, x: f64) -> f64 {
        (self.0 * x).tanh() + self.1
    }
    fn twice(&self, x: f64) -> f64 {
        self.act(x) * self.1
    }
}

#[differentiable]
fn acted<A: Act + Differentiable + Clone>(a: &A, x: f64) -> f64 {
    a.twice(x) + a.act(x)
}
",
    ),
    (
        "checked(",
        "#[differentiable]
fn checked(x: f64, n: usize) -> Result<f64, usize> {
    if n > 2 {
        return Err(n);
    }
    Ok(x * x + n as f64)
}
",
    ),
    (
        "both(",
        "#[differentiable]
fn both(x: f64, y: f64) -> (f64, f64) {
    if x > y { (x * y, y.sin()) } else { (y, x.cos()) }
}
",
    ),
];

/// The operators of points.
const OPERATORS: &str = "
#[differentiable]
impl std::ops::Add for Point {
    type Output = Point;
    fn add(self, o: Point) -> Point {
        Point { a: self.a + o.a, b: self.b + o.b }
    }
}

#[differentiable]
impl std::ops::Sub for Point {
    type Output = Point;
    fn sub(self, o: Point) -> Point {
        Point { a: self.a - o.b, b: self.b - o.a }
    }
}

#[differentiable]
impl std::ops::Mul<f64> for Point {
    type Output = Point;
    fn mul(self, by: f64) -> Point {
        Point { a: self.a * by, b: self.b * by * by }
    }
}

#[differentiable]
impl std::ops::Neg for Point {
    type Output = Point;
    fn neg(self) -> Point {
        Point { a: -self.b, b: self.a.sin() }
    }
}

#[differentiable]
impl std::ops::AddAssign for Point {
    fn add_assign(&mut self, o: Point) {
        self.a += o.a;
        self.b = self.b * 0.5 + o.b;
    }
}

#[differentiable]
impl std::ops::SubAssign for Point {
    fn sub_assign(&mut self, o: Point) {
        *self = *self - o;
    }
}
";

impl Generator {
    /// The items that a text needs.
    pub(super) fn items(&self, text: &str) -> String {
        let named = ITEMS.iter().filter(|(name, _)| text.contains(name)).map(|(_, item)| format!("\n{item}"));
        named.chain(self.operators.then(|| OPERATORS.to_owned())).collect()
    }

    /// A float that one of the items gives.
    pub(super) fn of_item(&mut self, d: usize) -> String {
        match self.dice.below(7) {
            0 => "GAIN".to_owned(),
            1 => format!("TABLE[{}]", self.index("3", 3)),
            2 => {
                let (k, x) = self.unmoved(|g| (g.bounded(d), g.bounded(d)));
                format!("acted(&Gain {{ k: {k} }}, {x})")
            }
            3 => {
                let (k, c, x) = self.unmoved(|g| (g.bounded(d), g.bounded(d), g.bounded(d)));
                format!("acted(&Bend({k}, {c}), {x})")
            }
            4 => {
                let (x, n, other) = (self.bounded(d), self.count(), self.float(d));
                if self.dice.chance(50) {
                    return format!("checked({x}, {n}).unwrap_or({other})");
                }
                let (v, k) = (self.unique("v"), self.unique("k"));
                self.scopes.push(Vec::new());
                self.declare(&v, Type::Float, false);
                let found = self.float(d);
                self.scopes.pop();
                format!(
                    "match checked({x}, {n}) {{ Ok({v}) => {found}, Err({k}) => {k} as f64 * {} }}",
                    self.operand(d)
                )
            }
            5 => format!("both({}, {}).{}", self.bounded(d), self.bounded(d), self.dice.below(2)),
            _ => {
                let (a, b) = (self.unique("v"), self.unique("v"));
                let (x, y) = (self.bounded(d), self.bounded(d));
                self.scopes.push(Vec::new());
                self.declare(&a, Type::Float, false);
                self.declare(&b, Type::Float, false);
                let value = self.float(d);
                self.scopes.pop();
                format!("{{ let ({a}, {b}) = both({x}, {y}); {value} }}")
            }
        }
    }
}
