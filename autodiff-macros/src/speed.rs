//! How long expansion takes: near-linear in the length of a function and in the depth of its loops.
//!
//! `cargo test -p autodiff-macros speed -- --nocapture` prints the milliseconds that a line takes, without optimisation
//! as users' debug builds have it; with `--release` as release builds do. The budgets are generous, since machines
//! differ: they are there to find what is quadratic.

use std::time::{Duration, Instant};

use proc_macro2::TokenStream;

/// `n` pieces of text, one after the other.
fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).map(line).collect()
}

/// A function of `n` lines with loops, branches and shared state in it.
fn mixed(n: usize) -> String {
    let mut body = String::new();
    for i in 0..n / 12 {
        body.push_str(&format!(
            "let a{i} = x * y + s.sin();
            let mut b{i} = a{i}.exp() / (1.0 + y * y);
            for i in 0..v.len() {{
                b{i} += v[i] * a{i};
                w[i] = w[i] * 0.5 + b{i}.tanh();
                if v[i] > b{i} {{
                    s -= v[i] * w[i];
                }} else {{
                    s += (x - w[i]) * y;
                }}
            }}
            s = s * b{i} + w[{i} % w.len()];\n"
        ));
    }
    format!("fn f(x: f64, y: f64, v: &[f64]) -> f64 {{ let mut s = 0.0; let mut w = vec![0.0; v.len()];\n {body} s }}")
}

/// Straight-line arithmetic, each line on the two before it.
fn straight(n: usize) -> String {
    let mut body = String::from("let a0 = x; let a1 = x * 0.5;\n");
    for i in 2..n {
        body.push_str(&format!("let a{i} = a{}.sin() * a{} + x;\n", i - 1, i - 2));
    }
    format!("fn f(x: f64) -> f64 {{ {body} a{} }}", n - 1)
}

/// One variable that every line overwrites.
fn overwritten(n: usize) -> String {
    let body = lines(n, |i| format!("y = y * x + {i}.0; v[{i} % 3] += y.sin();\n"));
    format!("fn f(x: f64, v: &mut Vec<f64>) -> f64 {{ let mut y = x;\n {body} y }}")
}

/// Loops inside loops, with a line in each.
fn nested(n: usize) -> String {
    let open = lines(n, |i| format!("for i{i} in 0..2 {{\n y = y * x + z;\n z += y.sin();\n"));
    let close = "}\n".repeat(n);
    format!("fn f(x: f64) -> f64 {{ let mut y = x; let mut z = 1.0;\n {open} {close} y + z }}")
}

/// The same, but with `while` and an exit.
fn nested_exits(n: usize) -> String {
    let open = lines(n, |_| "while y < 3.0 {\n y = y * x + 0.5;\n if y < -1.0 { break; }\n".to_owned());
    let close = "}\n".repeat(n);
    format!("fn f(x: f64) -> f64 {{ let mut y = x;\n {open} {close} y }}")
}

/// Branches inside branches.
fn branches(n: usize) -> String {
    let open = lines(n, |i| format!("if y > {i}.0 {{\n y = y * x;\n"));
    let close = "} else { y += x; }\n".repeat(n);
    format!("fn f(x: f64) -> f64 {{ let mut y = x;\n {open} {close} y }}")
}

/// Calls of other functions and of iterator chains.
fn calls(n: usize) -> String {
    let body = lines(n / 3, |i| {
        format!(
            "let p{i} = g(&v, s);
                let q{i} = v.iter().zip(w).map(|(a, b)| a * b + p{i}).sum::<f64>();
                s += q{i} * h(p{i}, &w[..2]);\n"
        )
    });
    format!("fn f(x: f64, v: &Vec<f64>, w: &[f64]) -> f64 {{ let mut s = x;\n {body} s }}")
}

/// Early returns, each of which moves what follows into a branch.
fn returns(n: usize) -> String {
    let body = lines(n / 2, |i| format!("if y > {i}.5 {{ return y * x; }}\n y = y.sin() + x * {i}.0;\n"));
    format!("fn f(x: f64) -> f64 {{ let mut y = x;\n {body} y }}")
}

/// Kinds of programs, with two sizes of which one is four times the other.
const KINDS: [(&str, fn(usize) -> String, usize); 8] = [
    ("mixed", mixed, 75),
    ("straight", straight, 75),
    ("overwritten", overwritten, 75),
    ("calls", calls, 75),
    ("returns", returns, 25),
    ("nested", nested, 15),
    ("nested_exits", nested_exits, 10),
    ("branches", branches, 15),
];

/// The seconds of one expansion, and the lines that went in.
fn expansion(text: &str) -> (Duration, usize) {
    let item: TokenStream = text.parse().expect("a function");
    let start = Instant::now();
    let out = crate::expand::attribute(TokenStream::new(), item);
    let time = start.elapsed();
    let out = out.to_string();
    assert!(!out.contains("compile_error"), "{text}\n{out}");
    (time, text.lines().count())
}

#[test]
fn speed_of_expansion() {
    crate::robustness::with_stack(speed);
}

fn speed() {
    for (name, make, n) in KINDS {
        let times: Vec<(Duration, usize)> = [n, 4 * n].iter().map(|n| expansion(&make(*n))).collect();
        let per_line = |(time, lines): (Duration, usize)| time.as_secs_f64() * 1e3 / lines as f64;
        for (time, lines) in &times {
            println!("{name:>14}: {lines:3} lines, {time:8.1?}, {:.2} ms a line", per_line((*time, *lines)));
        }
        // Four times the lines take sixteen times as long where something is quadratic.
        let limit = 10 * times[0].0 + Duration::from_millis(500);
        assert!(times[1].0 < limit, "{name}: {times:?}");
        assert!(per_line(times[1]) < 25.0, "{name}: {times:?}");
    }
}
