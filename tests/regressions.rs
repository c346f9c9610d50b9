//! What random programs found: one test for each kind of failure, reduced to what it takes.
#![allow(clippy::all, clippy::pedantic, missing_docs, unused, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Point {
    a: f64,
    b: f64,
}

#[differentiable]
impl Point {
    fn scaled(self, by: f64) -> Point {
        Point { a: self.a * by, b: self.b * by }
    }
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Tail {
    a: f64,
    tail: Vec<f64>,
}

/// A cotangent that is zero guarded the terms of other cotangents in the same sum.
#[differentiable]
fn guarded_sum(x: f64) -> f64 {
    let t = Tail { a: x, tail: vec![(x.atan() * 0.6).powi(0), x.atan()] };
    t.tail[1] + x * t.a
}

#[test]
fn a_guard_covers_its_own_terms_only() {
    for x in [-1.2, 0.4, 1.7] {
        guarded_sum::check(x).unwrap();
        let expected = 1.0 / (1.0 + x * x) + 2.0 * x;
        assert!((guarded_sum::grad(x) - expected).abs() < 1e-14);
    }
}

/// The names of an arm hid those of the arms after it.
#[differentiable]
fn arm_hides_nothing(x: f64, n: usize) -> f64 {
    let q = x * x;
    match n {
        0 => x,
        q if q % 2 == 1 => x.sin(),
        _ => q,
    }
}

#[differentiable]
fn payload_hides_nothing(x: f64, o: Option<f64>) -> f64 {
    let q = x * x;
    match o {
        Some(q) if q > 1.0 => q * x,
        _ => q,
    }
}

#[differentiable]
fn let_hides_nothing(x: f64, o: Option<f64>) -> f64 {
    let q = x * x;
    if let Some(q) = o
        && q > 1.0
    {
        q * x
    } else {
        q.sin()
    }
}

#[test]
fn patterns_that_fail_bind_nothing() {
    for n in 0..4 {
        arm_hides_nothing::check(0.7, n).unwrap();
        assert_eq!(arm_hides_nothing::value_and_grad(0.7, n).0, arm_hides_nothing(0.7, n));
    }
    for o in [None, Some(0.5), Some(1.5)] {
        payload_hides_nothing::check(0.7, o).unwrap();
        let_hides_nothing::check(0.7, o).unwrap();
        assert_eq!(let_hides_nothing::value_and_grad(0.7, o).0, let_hides_nothing(0.7, o));
    }
}

/// Code that is kept as it is: what a closure in it binds is not the variable outside.
#[differentiable]
fn kept_closure_names(x: f64, z: &[f64]) -> f64 {
    let z = z.to_vec();
    let k = x * 2.0;
    if k < 5.0 {
        let z = x;
        return z.sin();
    }
    if z.iter().map(|&z| z * z).product::<f64>() < z.iter().filter(|&&z| z > 0.0).map(|&z| z).sum::<f64>() {
        x * z[0]
    } else {
        x * z[1] * z[1]
    }
}

#[differentiable]
fn reads_in_a_condition(w: &mut [f64], x: f64) -> f64 {
    if x < w[..].iter().enumerate().map(|(i, &e)| w[0] * e).sum::<f64>() {
        w[1] *= x;
    }
    w[0] * w[1]
}

#[test]
fn closures_in_conditions_bind_their_own_names() {
    kept_closure_names::check(0.3, &[0.5, 1.5]).unwrap();
    kept_closure_names::check(3.0, &[0.5, 1.5]).unwrap();
    kept_closure_names::check(3.0, &[2.5, -1.5]).unwrap();
    reads_in_a_condition::check(&mut [0.5, 1.5], 0.2).unwrap();
    reads_in_a_condition::check(&mut [0.5, 1.5], 2.2).unwrap();
}

/// An argument that reads the receiver: it was read while the receiver was borrowed.
#[differentiable]
fn argument_of_the_receiver(x: f64) -> f64 {
    let mut q = Point { a: x, b: x * x };
    let z = q.scaled(q.b.sin());
    q.a += z.b;
    z.a * q.b * q.a
}

#[differentiable]
fn argument_of_a_borrowed_receiver(q: &mut Point, x: f64) -> f64 {
    let z = q.scaled(q.b.sin());
    q.b *= x;
    z.a * q.b
}

#[test]
fn arguments_may_read_their_receiver() {
    argument_of_the_receiver::check(0.8).unwrap();
    argument_of_a_borrowed_receiver::check(&mut Point { a: 0.3, b: 1.2 }, 0.8).unwrap();
}

#[differentiable]
fn product(p: Point, q: Point) -> f64 {
    p.a * q.b + p.b
}

/// A value of a `Copy` type that one call takes twice: its tangent is no `Copy` type.
#[differentiable]
fn taken_twice(x: f64) -> f64 {
    let q = Point { a: x, b: x.sin() };
    let z = q.scaled(product(q, q).sin());
    product(z, z)
}

#[test]
fn one_call_takes_a_value_twice() {
    taken_twice::check(0.8).unwrap();
}

/// Seven loops, as of a convolution, expand in no time.
#[differentiable]
fn seven_loops(x: &[f64], w: &[f64]) -> f64 {
    let mut s = 0.0;
    for a in 0..2 {
        for b in 0..2 {
            for c in 0..2 {
                for d in 0..2 {
                    for e in 0..2 {
                        for f in 0..2 {
                            for g in 0..2 {
                                s += x[(a + b + c) % x.len()] * w[(d + e + f + g) % w.len()].sin();
                            }
                        }
                    }
                }
            }
        }
    }
    s
}

#[test]
fn loops_nest_deeply() {
    seven_loops::check(&[0.5, 1.5], &[0.3, -0.2, 0.9]).unwrap();
}

#[differentiable]
fn parts_around_a_sum(x: f64, n: usize) -> f64 {
    let mut y = x;
    #[checkpoint(every = 2)]
    for i in 0..n {
        y /= 1.0 + (0..i).map(|_| x.sin()).sum::<f64>();
    }
    y
}

/// The tape of the inner loop, which nobody reads, was loaded where it did not exist.
#[test]
fn checkpoints_drop_tapes_of_inner_loops() {
    for n in 0..6 {
        parts_around_a_sum::check(0.7, n).unwrap();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
enum Outline {
    Dot,
    Line(f64),
    Rect { w: f64, h: f64 },
}

/// A sum was computed again from a variable that had been overwritten after it: −0.455 instead of −0.659.
#[differentiable]
fn outline(x: f64, v: Option<f64>) -> f64 {
    let mut t = if x > 0.2 { Outline::Line(x) } else { Outline::Dot };
    let mut flag = x.cos().powi(2);
    if let Some(value) = v {
        t = if x > 0.2 { Outline::Line(value) } else { Outline::Rect { w: (flag + x).cos(), h: x } };
        flag /= 1.7 + x;
    }
    match t {
        Outline::Dot => x,
        Outline::Line(a) => a,
        Outline::Rect { w, .. } => w,
    }
}

#[test]
fn what_is_computed_again_reads_restored_values() {
    for x in [0.135, 0.4] {
        outline::check(x, Some(1.9)).unwrap();
        assert_eq!(outline::grad(x, Some(1.9)), outline::vjp(x, Some(1.9)).1(1.0));
        assert_eq!(outline::grad(x, None), outline::vjp(x, None).1(1.0));
    }
}

/// What an option without a value is mapped to: its type is known from its variable only.
#[differentiable(order = 2)]
fn positive(x: f64) -> Option<f64> {
    if x > 0.0 { Some(x.sqrt()) } else { None }
}

#[differentiable(order = 2)]
fn mapped_without_its_value(v: &[f64], x: f64) -> f64 {
    positive(x).map(|_| v[0] * v[1]).unwrap_or(v[v.len() - 1] * x * x)
}

#[test]
fn second_derivatives_of_an_option_mapped_without_its_value() {
    assert_eq!(mapped_without_its_value::hvp(&[1.0, 2.0, 3.0], 0.5, &[0.0, 1.0, 0.0], 0.0), (vec![1.0, 0.0, 0.0], 0.0));
    assert_eq!(mapped_without_its_value::hvp(&[1.0, 2.0, 3.0], -0.5, &[0.0; 3], 1.0), (vec![0.0, 0.0, -1.0], 6.0));
}

/// A struct that is written as an argument, in second derivatives.
#[derive(Clone, Copy, Differentiable)]
struct Pair {
    a: f64,
    b: f64,
}

#[differentiable(order = 2)]
fn assigned(target: &mut f64, pair: Pair) {
    *target = pair.a * pair.b * pair.b;
}

#[differentiable(order = 2)]
fn with_a_struct_as_argument(x: f64, mut w: [f64; 2]) -> f64 {
    for i in 0..2 {
        let a = w[1 - i];
        assigned(&mut w[i], Pair { a, b: x });
    }
    w[0] * w[1]
}

#[test]
fn second_derivatives_of_a_call_with_a_struct_as_argument() {
    // w₀ = w₁x², w₁ = w₁x⁴: the value is w₁²x⁶.
    let hessian = with_a_struct_as_argument::hessian(2.0, [0.5, 3.0]);
    assert_eq!(hessian[[0, 0]], 30.0 * 9.0 * 16.0);
    assert_eq!((hessian[[0, 2]], hessian[[2, 0]], hessian[[2, 2]]), (12.0 * 3.0 * 32.0, 12.0 * 3.0 * 32.0, 2.0 * 64.0));
}

/// A vector that a branch inside a loop makes was cut before the loop, where it is not there.
#[differentiable(order = 2)]
fn vector_of_a_branch(x: f64, y: usize, w: &mut Vec<f64>) {
    for e in w.iter_mut() {
        *e = *e * 0.5 + x.cos();
        if !(*e < 0.3) {
            let t = vec![x.cos(), x * 2.0];
            *e /= 1.7 + (t[(y + 1) % t.len()] * *e).atan();
        }
    }
}

#[test]
fn a_vector_that_a_branch_of_a_loop_makes() {
    for y in 0..2 {
        vector_of_a_branch::check(0.4, y, &mut vec![0.5, -3.0, 1.5]).unwrap();
    }
}

#[derive(Clone, Copy, Differentiable)]
struct Placed {
    at: Pair,
    weight: f64,
}

#[differentiable(order = 2)]
fn product_of_references(a: &f64, b: &f64) -> f64 {
    a * b.sin()
}

/// Two fields of a field were lent at once, each through a method of the field.
#[differentiable(order = 2)]
fn fields_of_a_field(p: &Placed) -> f64 {
    let t = p.at.a * p.at.b;
    let s = t * p.at.a + product_of_references(&p.at.b, &p.at.a);
    s.sin() * p.weight
}

#[test]
fn two_fields_of_a_field_in_one_operation() {
    let p = Placed { at: Pair { a: 0.7, b: -0.4 }, weight: 1.3 };
    fields_of_a_field::check(&p).unwrap();
    let h = fields_of_a_field::hessian(&p);
    assert!(h.iter().zip(h.t().iter()).all(|(a, b)| (a - b).abs() < 1e-14));
}

/// Iterations were not counted where the backward sweep of a checkpointed loop needs none of the states.
#[differentiable(order = 2)]
fn checkpoints_without_state(x: f64, y: f64, n: usize) -> f64 {
    let mut s = x;
    #[checkpoint(snapshots = 2)]
    for _ in 0..n {
        s = s * 0.5 + y.tanh();
    }
    let mut k = 0;
    #[checkpoint(snapshots = 2)]
    while k < n {
        s = s * 2.0 + y;
        k += 1;
    }
    s
}

#[test]
fn a_checkpointed_loop_whose_states_nobody_needs() {
    for n in 0..7 {
        checkpoints_without_state::check(0.3, 0.8, n).unwrap();
        assert_eq!(checkpoints_without_state::grad(0.3, 0.8, n).0, 1.0);
    }
}

#[differentiable]
fn order_of(x: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
    order
}

#[differentiable]
fn extremes(x: &[f64]) -> (usize, usize) {
    let order = order_of(x);
    (order[0], order[order.len() - 1])
}

#[differentiable]
fn in_order(x: &[f64], order: &[usize], by: usize) -> f64 {
    x[order[by % order.len()]].sin()
}

#[differentiable]
fn kept(x: &[f64], order: Vec<usize>, ends: (usize, usize)) -> f64 {
    x[order[0]] * x[ends.1] + x[ends.0]
}

/// Vectors and tuples of integers that a call gives have types that the caller does not see.
#[differentiable]
fn through_an_order(x: &[f64]) -> f64 {
    let order = order_of(x);
    let ends = extremes(x);
    in_order(x, &order, ends.0) + kept(x, order, ends)
}

#[test]
fn integers_that_come_from_calls_go_into_calls() {
    through_an_order::check(&[0.3, -1.2, 2.0]).unwrap();
}

/// The tape is a box, which keeps what `weight` captures.
#[differentiable]
fn weighted_by(weight: impl Fn(usize) -> f64, x: &[f64]) -> f64 {
    let order = order_of(x);
    (0..x.len()).map(|i| x[i] * weight(i)).sum::<f64>() + in_order(x, &order, 1)
}

#[test]
fn a_function_that_is_passed_beside_calls() {
    let weights = vec![0.5, 2.0, 1.5];
    let (value, pullback) = weighted_by::vjp(|i| weights[i], &[0.3, -1.2, 2.0]);
    assert_eq!(pullback(1.0), vec![0.5 + 0.3f64.cos(), 2.0, 1.5]);
    assert!(value.is_finite());
}

/// `?` in a closure returns from the closure, whatever the function returns.
#[differentiable]
fn questions_in_closures(x: f64, o: Option<f64>) -> Result<f64, String> {
    let twice = |k: f64| {
        let y = o?;
        Some(y * k)
    };
    let checked = |k: f64| -> Result<f64, String> { if k < 0.0 { Err("negative".into()) } else { Ok(k.sqrt()) } };
    let sum: f64 = [1.0, x].iter().filter_map(|k| Some(twice(*k)? * x)).sum();
    Ok(sum + checked(x)?)
}

#[test]
fn a_question_mark_in_a_closure() {
    for o in [Some(0.7), None] {
        questions_in_closures::check(1.3, o).unwrap();
    }
}

#[derive(Clone, Debug, Differentiable)]
enum Offset {
    Zero,
    By { size: Option<f64>, like: Vec<f64> },
}

/// Methods of an option that a pattern binds by reference give a copy of its content.
#[differentiable]
fn content_behind_a_reference(offset: &Offset, x: f64) -> f64 {
    match offset {
        Offset::Zero => x,
        Offset::By { size, like } => {
            let y = size.unwrap_or_default() * x + size.unwrap_or(x) + size.unwrap_or_else(|| -1.0);
            y + size.map_or(x, |s| s * x) * like[0]
        }
    }
}

#[test]
fn an_option_behind_a_reference() {
    for size in [Some(0.7), None] {
        content_behind_a_reference::check(&Offset::By { size, like: vec![2.0] }, 1.3).unwrap();
    }
}

/// Methods of a type's own that are called like those of vectors, and `?` in a condition.
#[derive(Clone, Debug, Differentiable)]
struct Stack {
    items: Vec<f64>,
    #[constant]
    popped: usize,
}

#[differentiable]
impl Stack {
    fn pop(&mut self) -> Option<f64> {
        self.popped += 1;
        self.items.pop()
    }

    fn reduce(&mut self, limit: f64) -> Option<f64> {
        let mut product = 1.0;
        while self.pop()? < limit {
            product *= self.pop()?;
        }
        if product * self.pop()? > 0.5 { Some(product) } else { Some(product * product) }
    }
}

#[differentiable]
fn reduced(items: &[f64], limit: f64) -> f64 {
    let mut stack = Stack { items: items.to_vec(), popped: 0 };
    stack.reduce(limit).unwrap_or(-1.0) + stack.popped as f64
}

#[test]
fn methods_called_like_those_of_vectors() {
    for limit in [0.0, 0.5, 2.0] {
        reduced::check(&[0.9, 1.0, 1.5, 0.7, 0.2, 1.3, 0.1], limit).unwrap();
    }
}

/// Predicates of pairs take references apart, and slices of vectors match patterns of slices.
#[differentiable]
fn taken_apart(xs: &[f64], ys: &[f64]) -> f64 {
    let rest: Vec<f64> = xs.iter().zip(ys).skip_while(|(x, _)| **x < 0.0).map(|(x, y)| x * y).collect();
    let lengths = [xs, ys].iter().map(|s| s.len()).sum::<usize>();
    match rest.as_slice() {
        [] => lengths as f64 * ys[0],
        [only] => *only,
        [first, .., last] => first.sin() * last,
    }
}

#[test]
fn pairs_and_slices_that_are_taken_apart() {
    taken_apart::check(&[-1.0, 0.5, 2.0], &[0.3, 0.7, -0.2]).unwrap();
    taken_apart::check(&[-1.0, -0.5], &[0.3, 0.7]).unwrap();
    taken_apart::check(&[-1.0, 0.5], &[0.3, 0.7]).unwrap();
}

/// The value before the last change is read by the second derivative on the way back alone, where it was defined anew.
#[differentiable(order = 2)]
fn changed_after_use(x: f64, y: f64) -> f64 {
    let mut t = x * y;
    let s = t * x;
    t *= x;
    s + 0.0 * t
}

#[differentiable(order = 2)]
fn changed_and_dropped(x: f64, y: f64) -> f64 {
    let mut t = x * y;
    let s = t * x;
    t *= x;
    t = t * 0.5 + y;
    let _ = t;
    s
}

#[test]
fn values_before_a_change_that_nobody_reads() {
    changed_after_use::check(0.7, 1.3).unwrap();
    changed_and_dropped::check(0.7, 1.3).unwrap();
    let expected = [[2.0 * 1.3, 2.0 * 0.7], [2.0 * 0.7, 0.0]];
    for hessian in [changed_after_use::hessian(0.7, 1.3), changed_and_dropped::hessian(0.7, 1.3)] {
        for (i, row) in expected.iter().enumerate() {
            for (j, e) in row.iter().enumerate() {
                assert!((hessian[(i, j)] - e).abs() < 1e-14, "{hessian}");
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
enum Figure {
    Dot,
    Line(f64),
    Rect { w: f64, h: f64 },
}

#[differentiable(order = 2)]
fn replaced_after_a_return(x: f64, y: &[f64]) -> f64 {
    let mut figure = if y[0] > 0.0 { Figure::Line(y[0] * x) } else { Figure::Rect { w: x, h: x * y[0] } };
    match &mut figure {
        Figure::Rect { w, h } => {
            if *w > 0.2 {
                return *h * *w;
            }
        }
        _ => {}
    }
    figure = Figure::Line(x);
    x + x * x
}

#[test]
fn an_enum_that_is_replaced_where_a_branch_has_returned() {
    for y in [0.3, -0.4] {
        replaced_after_a_return::check(0.7, &[y]).unwrap();
    }
    assert!((replaced_after_a_return::hvp(0.7, &[0.3], 1.0, &[0.0]).0 - 2.0).abs() < 1e-14);
    assert!((replaced_after_a_return::hvp(0.7, &[-0.4], 1.0, &[0.0]).0 + 0.8).abs() < 1e-14);
}

#[differentiable(order = 3)]
fn sloped(x: f64, y: f64) -> f64 {
    (x * y).sin() + x * x * y
}

/// The tangent of the operator's value is used by its zero cotangent alone, and lies in the branch.
#[differentiable(order = 2)]
fn operator_in_a_branch(x: f64, v: &mut f64, n: Point) -> f64 {
    if x > 2.0 {
        return x.sin();
    }
    let r = [-sloped::grad(x * x, x).0, {
        *v = *v * 0.5 + n.b;
        n.a
    }];
    r[0] * n.b + r[1]
}

#[test]
fn an_operator_whose_tangent_has_no_cotangent() {
    let n = Point { a: 0.4, b: -0.8 };
    for x in [0.7, 2.5] {
        operator_in_a_branch::check(x, &mut 0.3, n).unwrap();
        let slope = |x: f64| operator_in_a_branch::grad(x, &mut 0.3, n).0;
        let d_n = PointTangent { a: 0.0, b: 0.0 };
        let found = operator_in_a_branch::hvp(x, &mut 0.3, n, 1.0, &mut 0.0, d_n).0;
        let expected = (slope(x + 1e-5) - slope(x - 1e-5)) / 2e-5;
        assert!((found - expected).abs() < 1e-7, "{found} and {expected} at {x}");
    }
}

/// A float of a boolean, which is no cast.
#[differentiable]
fn of_booleans(x: f64, n: usize) -> f64 {
    f64::from(x > 0.5) * x * x + f64::from(n == 2) * x.sin()
}

#[test]
fn floats_of_booleans() {
    for (x, n) in [(0.7, 2), (0.7, 1), (0.2, 2)] {
        of_booleans::check(x, n).unwrap();
    }
}

/// The largest of numbers whose type only the fields of a struct tell, beside a literal.
mod largest_of_fields {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Pair {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    fn f(p: &Pair) -> f64 {
        let rows = vec![vec![p.x * 2.0, 1.0], vec![p.x * p.y, p.y]];
        let largest = rows[1].iter().copied().max_by(|a, b| a.total_cmp(b)).unwrap();
        largest.sin() * rows[0][0]
    }

    #[test]
    fn checked() {
        f::check(&Pair { x: 1.3, y: 0.4 }).unwrap();
        f::check(&Pair { x: 0.2, y: -0.4 }).unwrap();
        // The product is the largest: of sin(x y) 2 x, the slope by y is 2 x² cos(x y).
        let slope = f::grad(&Pair { x: 4.0, y: 0.5 }).y;
        assert!((slope - 32.0 * 2.0_f64.cos()).abs() < 1e-12, "{slope}");
    }
}
