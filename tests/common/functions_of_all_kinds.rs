// Functions of every kind of signature and statement, with the points at which their modes are compared.

#[differentiable(order = 2)]
fn polynomial(x: f64, y: f64) -> f64 {
    3.0 * x * x * y - x / y + y.powi(3) - (x - y) % 0.7
}

#[differentiable(order = 2)]
fn transcendental(x: f64, y: f64) -> f64 {
    (x * y).sin().exp() + (x.hypot(y) + 1.0).ln() * y.atan2(x) + x.powf(y) - y.tanh().asinh() + x.mul_add(y, x.cbrt())
}

#[differentiable(order = 2)]
fn branches(x: f64, y: f64, n: usize) -> f64 {
    let mut s = if x > y { x * x } else { y * y * x };
    s += match n {
        0 => x,
        1..=3 if y > 0.0 => x * y,
        k => y.powi(k as i32),
    };
    let Some(extra) = (s > 0.0).then_some(s * x) else { return s * y };
    extra.max(y) + s.min(x * 10.0) + (x - 5.0).abs()
}

#[differentiable(order = 2)]
fn early_exit(v: &[f64], limit: f64) -> f64 {
    let mut s = 1.0;
    for (i, x) in v.iter().enumerate() {
        if *x < 0.0 {
            continue;
        }
        s *= x + i as f64 * limit;
        if s > 20.0 {
            return s * limit;
        }
    }
    s
}

#[differentiable(order = 2)]
fn while_loop(x: f64, target: f64) -> f64 {
    let mut y = x;
    let mut steps = 0;
    while (y * y - target).abs() > 1e-3 && steps < 6 {
        y = 0.5 * (y + target / y);
        steps += 1;
    }
    y * target
}

#[differentiable(order = 2)]
fn nested_loops(v: &[f64], k: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..v.len() {
        for j in i..v.len() {
            let d = v[i] - v[j] * k;
            s += d * d * d / (1.0 + d * d);
        }
    }
    s
}

#[differentiable(order = 2)]
fn overwritten(v: &[f64], rate: f64) -> f64 {
    let mut y = v.to_vec();
    for step in 0..3 {
        for i in 1..y.len() {
            y[i] = y[i] * y[i - 1] + rate * y[i].sin();
        }
        let first = y[0];
        y[0] = y[y.len() - 1] * rate + first;
        y.swap(0, step % 2);
    }
    y.iter().sum::<f64>() * y[1]
}

#[differentiable(order = 2)]
fn chains(v: &[f64], w: &[f64]) -> f64 {
    let a: f64 = v.iter().zip(w).map(|(a, b)| a * b.cos()).sum();
    let b = v.windows(2).map(|p| (p[0] - p[1]).powi(2)).fold(a, |s, d| s + d * s);
    let c: Vec<f64> = w.chunks(2).map(|c| c.iter().product()).collect();
    a * b + c.iter().rev().scan(1.0, |s, x| { *s *= x; Some(*s) }).last().unwrap_or(0.0)
}

#[differentiable(order = 2)]
fn array_of_numbers(x: [f64; 3], m: [[f64; 2]; 2]) -> f64 {
    let [a, b, c] = x;
    let t = m.map(|row| row[0] * a + row[1] * b);
    t[0] * t[1] * c + m.iter().flatten().map(|v| v * v * v).sum::<f64>()
}

#[differentiable(order = 2)]
fn of_tuple(p: (f64, [f64; 2]), q: &(f64, f64)) -> f64 {
    let (a, [b, c]) = p;
    a * b * q.0 + c.exp() * q.1 * q.1
}

#[differentiable(order = 2)]
fn of_vec(v: Vec<f64>, m: &Vec<Vec<f64>>) -> f64 {
    let mut s = 0.0;
    for (row, x) in m.iter().zip(&v) {
        s += row.iter().map(|a| a * x * x).sum::<f64>().sin();
    }
    s * v[0]
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Body {
    position: [f64; 2],
    mass: f64,
    charges: Vec<f64>,
    #[constant]
    radius: f64,
    id: usize,
}

#[differentiable(order = 2)]
impl Body {
    fn potential(&self, other: &Body) -> f64 {
        let d: f64 = self.position.iter().zip(&other.position).map(|(a, b)| (a - b) * (a - b)).sum();
        let q: f64 = self.charges.iter().zip(&other.charges).map(|(a, b)| a * b).sum();
        (q - self.mass * other.mass) / (d + self.radius).sqrt() * self.id as f64
    }

    fn heavier(&self, by: f64) -> Body {
        let mut copy = self.clone();
        copy.mass *= by * self.charges[0];
        copy.position[0] += by;
        copy
    }
}

#[differentiable(order = 2)]
fn of_structs(a: &Body, b: &Body, k: f64) -> f64 {
    a.heavier(k).potential(b) + b.mass * k
}

#[differentiable]
fn to_struct(a: &Body, k: f64) -> Body {
    Body { mass: k * a.mass, ..a.heavier(k * k) }
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
enum Shape {
    Circle(f64),
    Rect { width: f64, height: f64 },
    Polygon(Vec<[f64; 2]>),
    Nothing,
}

#[differentiable(order = 2)]
impl Shape {
    fn area(&self) -> f64 {
        match self {
            Shape::Circle(r) => std::f64::consts::PI * r * r * r,
            Shape::Rect { width, height } => width * height * width.sin(),
            Shape::Polygon(points) => {
                let mut s = 0.0;
                for i in 0..points.len() {
                    let (p, q) = (points[i], points[(i + 1) % points.len()]);
                    s += p[0] * q[1] - q[0] * p[1];
                }
                0.5 * s * s
            }
            Shape::Nothing => 0.0,
        }
    }
}

#[differentiable(order = 2)]
fn of_shapes(shapes: &[Shape], scale: f64) -> f64 {
    shapes.iter().map(|s| s.area() * scale * scale).sum()
}

#[differentiable]
fn to_shape(shape: &Shape, k: f64) -> Shape {
    match shape {
        Shape::Circle(r) => Shape::Rect { width: r * k, height: r + k },
        Shape::Rect { width, height } => Shape::Circle(width * height * k),
        Shape::Polygon(points) => Shape::Polygon(points.iter().map(|p| [p[0] * k, p[1] / k]).collect()),
        Shape::Nothing => Shape::Nothing,
    }
}

#[differentiable(order = 2)]
fn of_option(a: Option<f64>, b: &Option<Vec<f64>>, x: f64) -> f64 {
    let a = a.map(|a| a * a * x).unwrap_or(x);
    match b {
        Some(v) if !v.is_empty() => v.iter().map(|v| v * v * a).sum(),
        _ => a * x,
    }
}

#[differentiable]
fn to_option(x: f64, y: f64) -> Option<(f64, [f64; 2])> {
    if x > 0.0 { Some((x * y, [x, y * y])) } else { None }
}

#[differentiable]
fn to_result(x: f64, y: f64) -> Result<f64, String> {
    let r = if y == 0.0 { Err("zero".to_owned()) } else { Ok(x / y) };
    Ok(r? * x)
}

#[differentiable(order = 2)]
trait Activate {
    fn activate(&self, x: f64) -> f64;
    fn twice(&self, x: f64) -> f64 {
        self.activate(self.activate(x))
    }
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Soft {
    beta: f64,
}

#[differentiable(order = 2)]
impl Activate for Soft {
    fn activate(&self, x: f64) -> f64 {
        (self.beta * x).exp().ln_1p() / self.beta
    }
}

#[differentiable(order = 2)]
fn through_trait<A: Activate + Differentiable>(a: &A, x: f64) -> f64 {
    a.twice(x) * a.activate(x * x)
}

#[differentiable(order = 2)]
fn of_soft(a: &Soft, x: f64) -> f64 {
    through_trait(a, x)
}

#[differentiable(order = 2)]
fn generic<T: Real>(x: &[T], k: T) -> T {
    let mut s = T::zero();
    for (i, a) in x.iter().enumerate() {
        s += *a * k.powi(i as i32) + (*a * k).tanh();
    }
    s / T::from(x.len()).unwrap()
}

#[differentiable(order = 2)]
fn of_generic(x: &[f64], k: f64) -> f64 {
    generic(x, k) * k
}

#[differentiable(order = 2)]
fn recursive(v: &[f64], k: f64) -> f64 {
    if v.len() == 1 {
        return v[0] * v[0] * k;
    }
    let (left, right) = v.split_at(v.len() / 2);
    recursive(left, k * 1.1) * recursive(right, k + 0.1)
}

#[differentiable(order = 2)]
fn normalise(v: &mut [f64], k: f64) -> f64 {
    let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    for x in v.iter_mut() {
        *x *= k / norm;
    }
    norm
}

#[differentiable(order = 2)]
fn with_state(v: &[f64], k: f64) -> f64 {
    let mut y = v.to_vec();
    let norm = normalise(&mut y, k);
    let more = normalise(&mut y[1..], norm);
    y[0] * y[1] * norm + more
}

#[differentiable(order = 2)]
fn checkpointed(x: f64, k: f64, n: usize) -> f64 {
    let mut y = x;
    #[checkpoint(every = 3)]
    for i in 0..n {
        y = (y * k).sin() + y * 0.1 * i as f64;
    }
    #[checkpoint]
    {
        let z = y * y;
        y = z * k + z.cos();
    }
    y
}

#[differentiable(order = 2)]
fn closures(x: f64, v: &[f64]) -> f64 {
    let scale = |a: f64| a * x + a * a;
    let mut total = 0.0;
    let mut add = |b: f64| total += b * scale(b);
    for a in v {
        add(*a);
    }
    total + scale(total)
}

#[differentiable(order = 2)]
fn of_both(x: f64, y: f64) -> f64 {
    x * y * y + (x * y).powi(2)
}

#[differentiable]
fn to_array(t: f64, w: &[f64; 2]) -> [f64; 4] {
    [t * w[0], t.sin(), w[1] * w[0], w[1] - t]
}

#[differentiable]
fn to_vec(x: &[f64], n: usize) -> Vec<f64> {
    let mut state = x.to_vec();
    for i in 0..n {
        let next = state[i] * state[state.len() - 1].sin();
        state.push(next);
    }
    state
}

#[differentiable]
fn to_matrix(x: &[f64], k: f64) -> Vec<Vec<f64>> {
    x.iter().map(|a| x.iter().map(|b| a * b * k).collect()).collect()
}

#[differentiable]
fn to_tuple(x: f64, z: Complex<f64>, n: i32) -> (f64, Complex<f64>, i32) {
    (x * z.re, z * z * x + z.powi(n), n + 1)
}

#[differentiable(order = 2)]
fn of_complex(z: Complex<f64>, w: &[Complex<f64>], x: f64) -> f64 {
    let mut s = z * x;
    for c in w {
        s = s * *c + (z * c).exp() / (*c + 2.0);
    }
    s.norm_sqr() + s.arg() * z.norm() + (z.conj() * s).sqrt().re
}

#[differentiable(order = 2)]
fn of_polar(r: f64, angle: f64) -> f64 {
    let z = Complex::from_polar(r, angle);
    (z.ln() * z.sinh()).im + z.tanh().re
}

#[differentiable(order = 2)]
fn of_vectors(x: &Array1<f64>, y: &Array1<f64>) -> f64 {
    let d = x - y * 0.5;
    d.dot(&d) * x.sum() + (x * y).mapv(|v| v.tanh()).mean().unwrap()
}

#[differentiable(order = 2)]
fn of_matrices(a: &Array2<f64>, b: Array2<f64>, v: &Array1<f64>) -> f64 {
    let c = a.dot(&b) + v;
    let s = c.sum_axis(Axis(0));
    s.dot(v) + c.t().dot(a).mapv(f64::sin).sum() + c[[0, 1]] * a.row(1).dot(v)
}

#[differentiable(order = 2)]
fn writes_to_array(a: &Array2<f64>, k: f64) -> f64 {
    let mut b = a.clone();
    b[[0, 0]] *= k;
    b.row_mut(1).mapv_inplace(|x| x * x * k);
    b.slice_mut(s![.., 1..]).assign(&(&a.slice(s![.., ..1]) * k));
    b += a;
    b.iter().map(|x| x * x * x).sum()
}

#[differentiable]
fn to_ndarray(a: &Array2<f64>, v: &Array1<f64>) -> Array2<f64> {
    let mut out = a * v;
    out.column_mut(0).assign(&v.mapv(|x| x * x));
    out
}

#[differentiable(order = 2)]
fn of_view(a: differentiable::ndarray::ArrayView1<'_, f64>, k: f64) -> f64 {
    a.iter().map(|x| (x * k).sin()).sum::<f64>() * a[0]
}

#[differentiable]
fn to_scalars_and_array(a: &Array1<f64>, k: f64) -> (f64, Array1<f64>) {
    (a.sum() * k, a * k * k)
}

#[differentiable(order = 2)]
fn with_rule(x: f64, k: f64) -> f64 {
    ruled(x * k) * k
}

#[differentiable(order = 2, vjp = ruled_vjp, jvp = ruled_jvp)]
fn ruled(x: f64) -> f64 {
    x.sinh()
}

fn ruled_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x.sinh(), move |ct| ct * x.cosh())
}

#[differentiable]
fn ruled_jvp(x: f64, dx: f64) -> (f64, f64) {
    (x.sinh(), x.cosh() * dx)
}

#[differentiable(order = 3)]
fn inner(x: f64, v: &[f64]) -> f64 {
    v.iter().map(|a| (a * x).sin() * a * x * x).sum()
}

#[differentiable(order = 2)]
fn nested(x: f64, v: &[f64]) -> f64 {
    let (dx, dv) = inner::grad(x, v);
    let (value, along) = inner::jvp(x, v, dx, &dv);
    value * along + dv[0]
}

#[differentiable]
fn of_hessian(x: f64, v: &[f64]) -> [f64; 2] {
    let h = inner::hessian(x, v);
    [h[[0, 0]] * h[[0, 1]], h[[1, 1]]]
}

#[differentiable(implicit = kepler_residual)]
fn kepler(m: f64, e: f64) -> f64 {
    let mut x = m;
    for _ in 0..30 {
        x = m + e * x.sin();
    }
    x
}

#[differentiable]
fn kepler_residual(m: f64, e: f64, x: &f64) -> f64 {
    x - e * x.sin() - m
}

#[differentiable]
fn through_kepler(m: f64, e: f64) -> [f64; 2] {
    let x = kepler(m * e, e);
    [x.cos() - e, x.sin() * m]
}

#[differentiable(order = 2)]
fn network(w: &Array2<f64>, b: &Array1<f64>, x: &Array2<f64>) -> f64 {
    let h = dense(x, w, b, Activation::Tanh);
    mse_loss(&Array2::zeros((2, 3)), &softmax(&h))
}

/// An invocation for every function.
macro_rules! every_function {
    () => {
        let body = |id: usize, s: f64| Body {
            position: [0.3 * s, 1.1],
            mass: 2.0 * s,
            charges: vec![0.4, -0.7 * s],
            radius: 0.2,
            id,
        };
        let m = |rows, cols, seed: f64| Array2::from_shape_fn((rows, cols), |(i, j)| (seed + 1.3 * i as f64 + 0.7 * j as f64).sin());
        let triangle = || Shape::Polygon(vec![[0.1, 0.2], [1.0, 0.3], [0.4, 1.2]]);
        agree!(second polynomial(v x dx = 0.7, v y dy = 1.3;));
        agree!(second transcendental(v x dx = 0.7, v y dy = 1.3;));
        agree!(second branches(v x dx = 0.7, v y dy = 1.3; n = 2));
        agree!(second branches(v x dx = 1.7, v y dy = -0.3; n = 5));
        agree!(second branches(v x dx = -1.7, v y dy = 0.3; n = 0));
        agree!(second early_exit(r v dv = vec![0.7, -1.0, 2.0, 3.0], v l dl = 1.5;));
        agree!(second early_exit(r v dv = vec![0.7, -1.0, 20.0, 3.0], v l dl = 1.5;));
        agree!(second while_loop(v x dx = 2.0, v t dt = 3.0;));
        agree!(second nested_loops(r v dv = vec![0.7, -0.4, 1.1], v k dk = 0.8;));
        agree!(second overwritten(r v dv = vec![0.7, -0.4, 1.1], v k dk = 0.3;));
        agree!(second chains(r v dv = vec![0.7, -0.4, 1.1], r w dw = vec![0.3, 1.4, -0.8];));
        agree!(second array_of_numbers(v x dx = [0.7, -0.4, 1.1], v m dm = [[0.3, 1.4], [-0.8, 0.5]];));
        agree!(second of_tuple(v p dp = (0.7, [0.4, 1.1]), r q dq = (0.3, -1.4);));
        agree!(second of_vec(v v dv = vec![0.7, -0.4], r m dm = vec![vec![0.3], vec![1.4, 0.2]];));
        agree!(second of_structs(r a da = body(3, 0.9), r b db = body(1, -0.4), v k dk = 1.2;));
        agree!(first to_struct(r a da = body(3, 0.9), v k dk = 1.2;));
        agree!(second of_shapes(r s ds = vec![Shape::Circle(0.7), triangle(), Shape::Nothing, Shape::Rect { width: 0.3, height: 1.2 }], v k dk = 1.3;));
        agree!(first to_shape(r s ds = Shape::Circle(0.7), v k dk = 1.3;));
        agree!(first to_shape(r s ds = Shape::Rect { width: 0.3, height: 1.2 }, v k dk = 1.3;));
        agree!(first to_shape(r s ds = triangle(), v k dk = 1.3;));
        agree!(first to_shape(r s ds = Shape::Nothing, v k dk = 1.3;));
        agree!(second of_option(v a da = Some(0.7), r b db = Some(vec![0.4, 1.1]), v x dx = 0.6;));
        agree!(second of_option(v a da = None::<f64>, r b db = Some(vec![0.4, 1.1]), v x dx = 0.6;));
        agree!(second of_option(v a da = Some(0.7), r b db = None::<Vec<f64>>, v x dx = 0.6;));
        agree!(first to_option(v x dx = 0.7, v y dy = 1.3;));
        agree!(first to_option(v x dx = -0.7, v y dy = 1.3;));
        agree!(first to_result(v x dx = 0.7, v y dy = 1.3;));
        agree!(first to_result(v x dx = 0.7, v y dy = 0.0;));
        agree!(second of_soft(r a da = Soft { beta: 1.4 }, v x dx = 0.6;));
        agree!(second of_generic(r x dx = vec![0.7, -0.4, 1.1], v k dk = 0.8;));
        agree!(second generic(r x dx = vec![0.7, -0.4, 1.1], v k dk = 0.8;));
        agree!(second recursive(r v dv = vec![0.7, -0.4, 1.1, 0.9, 1.3], v k dk = 0.8;));
        agree!(second with_state(r v dv = vec![0.7, -0.4, 1.1], v k dk = 0.8;));
        agree!(second checkpointed(v x dx = 0.7, v k dk = 0.8; n = 8));
        agree!(second closures(v x dx = 0.7, r v dv = vec![0.7, -0.4, 1.1];));
        agree!(second of_both(v x dx = 0.7, v y dy = 1.3;));
        agree!(first to_array(v t dt = 0.7, r w dw = [0.4, 1.1];));
        agree!(first to_vec(r x dx = vec![0.7, -0.4]; n = 3));
        agree!(first to_matrix(r x dx = vec![0.7, -0.4], v k dk = 1.2;));
        agree!(first to_tuple(v x dx = 0.7, v z dz = Complex::new(0.3, 0.8); n = 3));
        agree!(second of_complex(v z dz = Complex::new(0.3, 0.8), r w dw = vec![Complex::new(0.9, -0.2), Complex::new(0.1, 0.4)], v x dx = 1.2;));
        agree!(second of_polar(v r dr = 0.7, v a da = 1.3;));
        agree!(second of_vectors(r x dx = array![0.7, -0.4], r y dy = array![1.1, 0.3];));
        agree!(second of_matrices(r a da = m(2, 2, 0.3), v b db = m(2, 2, 0.9), r v dv = array![0.7, -0.4];));
        agree!(second writes_to_array(r a da = m(2, 2, 0.3), v k dk = 0.8;));
        agree!(first to_ndarray(r a da = m(2, 2, 0.3), r v dv = array![0.7, -0.4];));
        agree!(first to_scalars_and_array(r a da = array![0.7, -0.4], v k dk = 0.8;));
        agree!(second with_rule(v x dx = 0.7, v k dk = 0.8;));
        agree!(second nested(v x dx = 0.7, r v dv = vec![0.4, -1.1];));
        agree!(first of_hessian(v x dx = 0.7, r v dv = vec![0.4, -1.1];));
        agree!(first kepler(v m dm = 0.7, v e de = 0.3;));
        agree!(first through_kepler(v m dm = 0.7, v e de = 0.3;));
        agree!(second network(r w dw = m(2, 3, 0.2), r b db = array![0.1, -0.3, 0.5], r x dx = m(2, 2, 0.8);));
    };
}
