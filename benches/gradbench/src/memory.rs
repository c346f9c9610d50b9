//! The peak of what a run allocates: nothing is counted but in tests, which hold each eval to a bound.

#[cfg(not(test))]
pub(crate) fn watch<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[cfg(test)]
pub(crate) use tests::watch;

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use allocation_counter::measure;
    use serde_json::{Value, json};

    use crate::evals;

    thread_local! {
        /// Of each run on this thread.
        static PEAKS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }

    pub(crate) fn watch<T>(run: impl FnOnce() -> T) -> T {
        let mut output = None;
        let peak = measure(|| output = Some(run())).bytes_max;
        PEAKS.with_borrow_mut(|peaks| peaks.push(peak));
        output.expect("it has run")
    }

    /// The peak of a function, which is the same on each run and leaves nothing behind.
    fn peak(module: &str, function: &str, input: &Value) -> u64 {
        let eval = evals::find(module).unwrap();
        let run = |runs: usize| {
            let mut input = input.clone();
            input["min_runs"] = json!(runs);
            eval(function, input).unwrap();
        };
        // The first derivative of a process prepares the allocator.
        run(1);
        PEAKS.with_borrow_mut(|peaks| {
            peaks.clear();
            peaks.reserve(3);
        });
        let left = measure(|| run(3)).bytes_current;
        let peaks = PEAKS.with_borrow(Vec::clone);
        assert_eq!((left, &peaks[..]), (0, &[peaks[0]; 3][..]), "{module} {function}: memory grows with the calls");
        peaks[0]
    }

    fn numbers(n: usize, seed: f64) -> Vec<f64> {
        (0..n).map(|i| (seed + 1.7 * i as f64).sin()).collect()
    }

    fn matrix(rows: usize, columns: usize, seed: f64) -> Vec<Vec<f64>> {
        (0..rows).map(|row| numbers(columns, seed + 0.37 * row as f64)).collect()
    }

    /// An eval at one size. The bound counts numbers of eight bytes.
    struct Case {
        eval: &'static str,
        functions: &'static [&'static str],
        size: String,
        input: Value,
        formula: &'static str,
        bound: usize,
    }

    fn vectors() -> Vec<Case> {
        let mut cases = Vec::new();
        for (m, n) in [(128, 1024), (128, 8196)] {
            cases.push(Case {
                eval: "llsq",
                functions: &["primal", "gradient"],
                size: format!("m = {m}, n = {n}"),
                input: json!({ "x": numbers(m, 0.1), "n": n }),
                formula: "m",
                bound: m,
            });
        }
        for n in [16_000, 160_000] {
            cases.push(Case {
                eval: "lse",
                functions: &["primal", "gradient"],
                size: format!("n = {n}"),
                input: json!({ "x": numbers(n, 0.1) }),
                formula: "n",
                bound: n,
            });
        }
        for n in [5, 7] {
            cases.push(Case {
                eval: "det",
                functions: &["primal", "gradient"],
                size: format!("n = {n}"),
                input: json!({ "A": numbers(n * n, 0.1), "ell": n }),
                formula: "0",
                bound: 0,
            });
        }
        for (n, s) in [(1000, 1), (10_000, 1), (1000, 10), (1000, 100)] {
            cases.push(Case {
                eval: "ode",
                functions: &["primal", "gradient"],
                size: format!("n = {n}, s = {s}"),
                input: json!({ "x": numbers(n, 0.1), "s": s }),
                formula: "(11 + 4 s) n + 4 s + 40",
                bound: (11 + 4 * s) * n + 4 * s + 40,
            });
        }
        cases
    }

    fn models() -> Vec<Case> {
        let mut cases = Vec::new();
        for (k, n, d) in [(10, 1000, 8), (10, 4000, 8), (40, 1000, 16)] {
            cases.push(Case {
                eval: "kmeans",
                functions: &["cost", "dir"],
                size: format!("k = {k}, n = {n}, d = {d}"),
                input: json!({ "points": matrix(n, d, 0.1), "centroids": matrix(k, d, 0.2) }),
                formula: "4 k d",
                bound: 4 * k * d,
            });
        }
        for (d, k, n) in [(2, 5, 100), (10, 5, 100), (10, 25, 100), (10, 25, 400), (20, 25, 100)] {
            let size = d * (d - 1) / 2;
            cases.push(Case {
                eval: "gmm",
                functions: &["objective", "jacobian"],
                size: format!("d = {d}, k = {k}, n = {n}"),
                input: json!({
                    "d": d, "k": k, "n": n, "m": 0, "gamma": 1.0, "x": matrix(n, d, 0.1), "alpha": numbers(k, 0.2),
                    "mu": matrix(k, d, 0.3), "q": matrix(k, d, 0.4), "l": matrix(k, size, 0.5),
                }),
                formula: "k (5 + 8 d + d (d - 1) / 2) + 12 d + 64",
                bound: k * (5 + 8 * d + size) + 12 * d + 64,
            });
        }
        for (layers, steps, bits) in [(1, 100, 14), (2, 100, 14), (2, 400, 14), (2, 100, 28)] {
            cases.push(Case {
                eval: "lstm",
                functions: &["objective", "jacobian"],
                size: format!("l = {layers}, c = {steps}, b = {bits}"),
                input: json!({
                    "main_params": matrix(2 * layers, 4 * bits, 0.1), "extra_params": matrix(3, bits, 0.2),
                    "state": matrix(2 * layers, bits, 0.3), "sequence": matrix(steps, bits, 0.4),
                }),
                formula: "c (b (13 l + 7) + 20 l + 8)",
                bound: steps * (bits * (13 * layers + 7) + 20 * layers + 8),
            });
        }
        cases
    }

    fn jacobians() -> Vec<Case> {
        let mut cases = Vec::new();
        for (n, m, p) in [(21, 500, 1000), (21, 500, 4000)] {
            cases.push(Case {
                eval: "ba",
                functions: &["objective", "jacobian"],
                size: format!("n = {n}, m = {m}, p = {p}"),
                input: json!({
                    "n": n, "m": m, "p": p, "cam": numbers(11, 0.1), "x": numbers(3, 0.2), "w": 0.5, "feat": [0.3, 0.4],
                }),
                formula: "48 p + 32",
                bound: 48 * p + 32,
            });
        }
        for (vertices, points, complicated) in
            [(500, 100, true), (500, 100, false), (2000, 100, true), (500, 800, true)]
        {
            let squares = |seed: f64| -> Vec<_> { (0..22).map(|i| matrix(4, 4, seed + f64::from(i))).collect() };
            let us = if complicated { matrix(points, 2, 0.3) } else { Vec::new() };
            cases.push(Case {
                eval: "ht",
                functions: &["objective", "jacobian"],
                size: format!("v = {vertices}, c = {points}, {}", if complicated { "complicated" } else { "simple" }),
                input: json!({
                    "theta": numbers(26, 0.3), "us": us,
                    "data": {
                        "model": {
                            "parents": (-1..21).collect::<Vec<i64>>(), "base_relatives": squares(0.1),
                            "inverse_base_absolutes": squares(0.2), "base_positions": matrix(vertices, 4, 0.1),
                            "weights": matrix(vertices, 22, 0.2), "triangles": vec![[0, 1, 2]; 100], "is_mirrored": false,
                        },
                        "correspondences": (0..points).map(|i| i % 100).collect::<Vec<_>>(), "points": matrix(points, 3, 0.4),
                    },
                }),
                formula: "27 v + 200 c + 2000",
                bound: 27 * vertices + 200 * points + 2000,
            });
        }
        cases
    }

    /// Descents along paths of a few hundred steps, all derivative.
    fn descents() -> Vec<Case> {
        let mut cases = Vec::new();
        for function in [&["ff"], &["fr"], &["rf"], &["rr"]] {
            let forward = function[0].starts_with('f');
            for (eval, steps, input) in
                [("particle", 353, json!({ "w": 0.0 })), ("saddle", 170, json!({ "start": [1.0, 1.0] }))]
            {
                cases.push(Case {
                    eval,
                    functions: function,
                    size: function[0].to_owned(),
                    input,
                    formula: if forward { "0" } else { "30 a step" },
                    bound: if forward { 0 } else { 30 * steps },
                });
            }
        }
        cases
    }

    #[test]
    fn memory_stays_within_its_bounds() {
        println!("| eval | size | function, bytes | derivative, bytes | bound, numbers | of it used |");
        println!("| --- | --- | --- | --- | --- | --- |");
        let mut broken = Vec::new();
        for Case { eval, functions, size, input, formula, bound } in
            [vectors(), models(), jacobians(), descents()].into_iter().flatten()
        {
            let peaks: Vec<u64> = functions.iter().map(|function| peak(eval, function, &input)).collect();
            let (function, derivative) = match peaks[..] {
                [function, derivative] => (function.to_string(), derivative),
                _ => ("–".to_owned(), peaks[0]),
            };
            let used = if bound == 0 { 0.0 } else { derivative as f64 / (8 * bound) as f64 };
            println!("| {eval} | {size} | {function} | {derivative} | {formula} | {:.0} % |", 100.0 * used);
            if derivative > 8 * bound as u64 {
                broken.push(format!("{eval} {size}: {derivative} bytes, {formula} = {bound} numbers"));
            }
        }
        assert!(broken.is_empty(), "more memory than the bounds allow: {broken:#?}");
    }
}
