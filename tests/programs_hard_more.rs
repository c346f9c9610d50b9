//! More of the same kinds of programs: written with indices, with structs, with iterators, by people with other habits.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

mod planets {
    use differentiable::prelude::*;

    #[derive(Debug, Clone, Copy, Default, PartialEq, Differentiable)]
    pub struct Vector2D {
        pub x: f64,
        pub y: f64,
    }

    #[derive(Debug, Clone, Differentiable)]
    pub struct Planet {
        pub position: Vector2D,
        pub velocity: Vector2D,
        pub mass: f64,
    }

    #[derive(Debug, Clone, Differentiable)]
    pub struct Simulation {
        pub planets: Vec<Planet>,
        pub gravity: f64,
    }

    #[differentiable]
    impl Simulation {
        pub fn accelerations(&self) -> Vec<Vector2D> {
            let mut result = vec![Vector2D::default(); self.planets.len()];
            for (index, planet) in self.planets.iter().enumerate() {
                for (other_index, other) in self.planets.iter().enumerate() {
                    if index == other_index {
                        continue;
                    }
                    let delta_x = other.position.x - planet.position.x;
                    let delta_y = other.position.y - planet.position.y;
                    let distance_squared = delta_x * delta_x + delta_y * delta_y + 0.01;
                    let inverse_cube = 1.0 / (distance_squared * distance_squared.sqrt());
                    result[index].x += self.gravity * other.mass * delta_x * inverse_cube;
                    result[index].y += self.gravity * other.mass * delta_y * inverse_cube;
                }
            }
            result
        }

        pub fn step(&mut self, time_step: f64) {
            let accelerations = self.accelerations();
            for (planet, acceleration) in self.planets.iter_mut().zip(accelerations.iter()) {
                planet.velocity.x += acceleration.x * time_step;
                planet.velocity.y += acceleration.y * time_step;
                planet.position.x += planet.velocity.x * time_step;
                planet.position.y += planet.velocity.y * time_step;
            }
        }

        pub fn angular_momentum(&self) -> f64 {
            let mut total = 0.0;
            for planet in &self.planets {
                let Planet { position: r, velocity: v, mass } = planet;
                let cross = r.x * v.y - r.y * v.x;
                total += mass * cross;
            }
            total
        }

        pub fn energy(&self) -> f64 {
            let kinetic = self.planets.iter().map(|p| {
                let speed_squared = p.velocity.x * p.velocity.x + p.velocity.y * p.velocity.y;
                0.5 * p.mass * speed_squared
            });
            kinetic.sum()
        }
    }

    #[differentiable]
    pub fn run(simulation: &mut Simulation, time_step: f64, steps: usize) -> (f64, f64) {
        for _ in 0..steps {
            simulation.step(time_step);
        }
        (simulation.energy(), simulation.angular_momentum())
    }

    #[test]
    fn checks() {
        let planet = |x: f64, y: f64, vx: f64, vy: f64, mass: f64| Planet {
            position: Vector2D { x, y },
            velocity: Vector2D { x: vx, y: vy },
            mass,
        };
        let mut s = Simulation {
            planets: vec![
                planet(0.0, 0.1, 0.2, 0.0, 1.0),
                planet(1.0, 0.0, 0.0, 0.8, 0.3),
                planet(-0.5, 0.9, -0.3, 0.1, 0.2),
            ],
            gravity: 1.1,
        };
        run::check(&mut s, 0.05, 4).unwrap();
        s.angular_momentum_check().unwrap();
    }
}

mod matrices_as_values {
    use differentiable::prelude::*;
    use std::ops::{Add, Mul, Sub};

    #[derive(Debug, Clone, PartialEq, Differentiable)]
    pub struct Mat {
        a: Vec<f64>,
        #[constant]
        n: usize,
    }

    #[differentiable]
    impl Add<&Mat> for &Mat {
        type Output = Mat;
        fn add(self, o: &Mat) -> Mat {
            Mat { a: self.a.iter().zip(o.a.iter()).map(|(x, y)| x + y).collect(), n: self.n }
        }
    }

    #[differentiable]
    impl Mul<&Mat> for &Mat {
        type Output = Mat;
        fn mul(self, o: &Mat) -> Mat {
            let n = self.n;
            let mut a = vec![0.0; n * n];
            for i in 0..n {
                for k in 0..n {
                    let x = self.a[i * n + k];
                    for j in 0..n {
                        a[i * n + j] += x * o.a[k * n + j];
                    }
                }
            }
            Mat { a, n }
        }
    }

    #[differentiable]
    impl Mat {
        fn identity(n: usize) -> Mat {
            let mut a = vec![0.0; n * n];
            for i in 0..n {
                a[i * n + i] = 1.0;
            }
            Mat { a, n }
        }
        fn scale(&self, k: f64) -> Mat {
            Mat { a: self.a.iter().map(|x| k * x).collect(), ..*self }
        }
        fn trace(&self) -> f64 {
            (0..self.n).map(|i| self.a[i * (self.n + 1)]).sum()
        }
        /// The exponential by its series, until the terms are small.
        fn exp(&self) -> Mat {
            let mut sum = Mat::identity(self.n);
            let mut term = Mat::identity(self.n);
            for k in 1..30 {
                term = (&term * self).scale(1.0 / k as f64);
                sum = &sum + &term;
                if term.a.iter().all(|x| x.abs() < 1e-14) {
                    break;
                }
            }
            sum
        }
    }

    #[differentiable]
    fn flow(m: &Mat, t: f64) -> f64 {
        let e = m.scale(t).exp();
        e.trace() + (&e * m).a[1]
    }

    #[test]
    fn checks() {
        flow::check(&Mat { a: vec![0.1, 0.5, -0.3, 0.2], n: 2 }, 0.7).unwrap();
        flow::check(&Mat { a: vec![0.1, 0.5, -0.3, 0.2, 0.0, 0.4, 0.3, -0.2, 0.1], n: 3 }, 0.4).unwrap();
    }
}

mod extended_filter_of_arrays {
    use differentiable::prelude::*;

    type V<const N: usize> = [f64; N];
    type M<const R: usize, const C: usize> = [[f64; C]; R];

    #[differentiable]
    fn mul<const R: usize, const K: usize, const C: usize>(a: &M<R, K>, b: &M<K, C>) -> M<R, C> {
        let mut out = [[0.0; C]; R];
        for r in 0..R {
            for c in 0..C {
                out[r][c] = (0..K).map(|k| a[r][k] * b[k][c]).sum();
            }
        }
        out
    }

    #[differentiable]
    fn transposed<const R: usize, const C: usize>(a: &M<R, C>) -> M<C, R> {
        let mut out = [[0.0; R]; C];
        for (r, row) in a.iter().enumerate() {
            for (c, x) in row.iter().enumerate() {
                out[c][r] = *x;
            }
        }
        out
    }

    #[differentiable]
    fn inverse(m: &M<2, 2>) -> Option<M<2, 2>> {
        let [[a, b], [c, d]] = *m;
        let det = a * d - b * c;
        if det.abs() < 1e-12 { None } else { Some([[d / det, -b / det], [-c / det, a / det]]) }
    }

    #[derive(Clone, Copy, Debug, Differentiable)]
    pub struct Belief {
        x: V<3>,
        p: M<3, 3>,
    }

    #[differentiable]
    fn motion(b: &Belief, v: f64, w: f64, dt: f64) -> Belief {
        let [x, y, h] = b.x;
        let (s, c) = h.sin_cos();
        let f = [[1.0, 0.0, -v * s * dt], [0.0, 1.0, v * c * dt], [0.0, 0.0, 1.0]];
        let mut p = mul(&mul(&f, &b.p), &transposed(&f));
        for i in 0..3 {
            p[i][i] += 0.01 * dt;
        }
        Belief { x: [x + v * c * dt, y + v * s * dt, h + w * dt], p }
    }

    #[differentiable]
    fn correction(b: &Belief, landmark: V<2>, seen: V<2>, noise: f64) -> Option<(Belief, f64)> {
        let (dx, dy) = (landmark[0] - b.x[0], landmark[1] - b.x[1]);
        let q = dx * dx + dy * dy;
        let r = q.sqrt();
        let h = [[-dx / r, -dy / r, 0.0], [dy / q, -dx / q, -1.0]];
        let ht = transposed(&h);
        let mut s = mul(&mul(&h, &b.p), &ht);
        s[0][0] += noise;
        s[1][1] += noise;
        let k = mul(&mul(&b.p, &ht), &inverse(&s)?);
        let e = [seen[0] - r, seen[1] - (dy.atan2(dx) - b.x[2])];
        let mut out = *b;
        for i in 0..3 {
            out.x[i] += k[i][0] * e[0] + k[i][1] * e[1];
        }
        let kh = mul(&k, &h);
        let kp = mul(&kh, &b.p);
        out.p.iter_mut().zip(kp.iter()).for_each(|(row, sub)| row.iter_mut().zip(sub).for_each(|(x, y)| *x -= y));
        Some((out, e[0] * e[0] + e[1] * e[1]))
    }

    #[differentiable]
    fn track(start: Belief, controls: &[(f64, f64)], seen: &[V<2>], noise: f64) -> f64 {
        let mut belief = start;
        let mut cost = 0.0;
        for (&(v, w), z) in controls.iter().zip(seen) {
            belief = motion(&belief, v, w, 0.1);
            match correction(&belief, [2.0, 1.0], *z, noise) {
                Some((next, e)) => {
                    belief = next;
                    cost += e;
                }
                None => cost += 1.0,
            }
        }
        cost + belief.p[0][0] + belief.x[2]
    }

    #[test]
    fn checks() {
        let start = Belief { x: [0.0, 0.1, 0.2], p: [[0.3, 0.0, 0.1], [0.0, 0.2, 0.0], [0.1, 0.0, 0.1]] };
        track::check(start, &[(1.0, 0.1), (0.8, -0.2), (1.1, 0.3)], &[[2.1, 0.3], [1.9, 0.4], [1.8, 0.2]], 0.05)
            .unwrap();
    }
}

mod shapes_and_interpreters {
    use differentiable::prelude::*;

    #[derive(Debug, Clone, PartialEq, Differentiable)]
    enum Op {
        Push(f64),
        Load(usize),
        Store(usize),
        Add,
        Mul,
        Call(Function),
        Loop { times: u32, body: Vec<Op> },
        JumpIfNegative(Box<Op>, Box<Op>),
    }

    #[derive(Debug, Clone, Copy, PartialEq, Differentiable)]
    enum Function {
        Sin,
        Pow(f64),
        Mix { left: f64, right: f64 },
    }

    #[derive(Debug, Clone, Differentiable)]
    struct Machine {
        stack: Vec<f64>,
        registers: [f64; 2],
        #[constant]
        executed: usize,
    }

    #[differentiable]
    impl Function {
        fn apply(&self, x: f64) -> f64 {
            match *self {
                Function::Sin => x.sin(),
                Function::Pow(e) => x.abs().powf(e),
                Function::Mix { left, right } if x < 0.0 => left * x,
                Function::Mix { right, .. } => right * x,
            }
        }
    }

    #[differentiable]
    impl Machine {
        fn pop(&mut self) -> Option<f64> {
            self.executed += 1;
            self.stack.pop()
        }

        fn execute(&mut self, op: &Op) -> Option<()> {
            match op {
                Op::Push(x) => self.stack.push(*x),
                Op::Load(i) => {
                    let value = self.registers[*i];
                    self.stack.push(value);
                }
                Op::Store(i) => self.registers[*i] = self.pop()?,
                Op::Add | Op::Mul => {
                    let (b, a) = (self.pop()?, self.pop()?);
                    self.stack.push(if matches!(op, Op::Add) { a + b } else { a * b });
                }
                Op::Call(f) => {
                    let x = self.pop()?;
                    self.stack.push(f.apply(x));
                }
                Op::Loop { times, body } => {
                    for _ in 0..*times {
                        for op in body {
                            self.execute(op)?;
                        }
                    }
                }
                Op::JumpIfNegative(yes, no) => {
                    if self.pop()? < 0.0 {
                        self.execute(yes)?;
                    } else {
                        self.execute(no)?;
                    }
                }
            }
            Some(())
        }
    }

    #[differentiable]
    fn interpret(program: &[Op], registers: [f64; 2]) -> f64 {
        let mut machine = Machine { stack: vec![], registers, executed: 0 };
        for op in program {
            if machine.execute(op).is_none() {
                return -1.0;
            }
        }
        machine.stack.last().copied().unwrap_or(0.0) * machine.registers[0]
    }

    #[test]
    fn checks() {
        let program = vec![
            Op::Load(0),
            Op::Push(1.5),
            Op::Mul,
            Op::Loop { times: 3, body: vec![Op::Call(Function::Mix { left: 0.5, right: 0.9 }), Op::Load(1), Op::Add] },
            Op::Store(0),
            Op::Load(0),
            Op::Call(Function::Pow(1.7)),
            Op::Load(1),
            Op::JumpIfNegative(Box::new(Op::Call(Function::Sin)), Box::new(Op::Push(2.0))),
        ];
        interpret::check(&program, [0.7, -0.3]).unwrap();
        interpret::check(&program, [0.7, 0.3]).unwrap();
        interpret::check(&[Op::Add], [0.7, 0.3]).unwrap();
    }
}

mod cameras_and_points_that_are_lent {
    use differentiable::prelude::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct View<'a> {
        cameras: &'a [[f64; 6]],
        points: &'a [[f64; 3]],
    }
    #[differentiable]
    impl View<'_> {
        fn project(&self, ci: usize, pi: usize) -> [f64; 2] {
            let [rx, ry, tx, ty, tz, f] = self.cameras[ci];
            let [x, y, z] = self.points[pi];
            let (y, z) = (rx.cos() * y - rx.sin() * z, rx.sin() * y + rx.cos() * z);
            let (x, z) = (ry.cos() * x + ry.sin() * z, ry.cos() * z - ry.sin() * x);
            let depth = z + tz;
            [f * (x + tx) / depth, f * (y + ty) / depth]
        }
        fn cost(&self, obs: &[(usize, usize, [f64; 2])]) -> f64 {
            let mut total = 0.0;
            for &(ci, pi, uv) in obs {
                let p = self.project(ci, pi);
                let e2: f64 = p.iter().zip(uv).map(|(a, b)| (a - b) * (a - b)).sum();
                total += (1.0 + e2).ln();
            }
            total
        }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let cameras = [[x[0], x[1], 0.1, 0.0, 4.0, x[2]], [-x[0], 0.2, 0.0, x[3], 5.0, 1.0]];
        let points = [[x[4], x[5], x[6]], [0.5, -0.4, 0.3]];
        let view = View { cameras: &cameras, points: &points };
        view.cost(&[(0, 0, [0.1, 0.1]), (1, 0, [0.0, 0.2]), (1, 1, [0.2, -0.1])])
    }
    #[test]
    fn checks() {
        f::check(&[0.2, -0.1, 1.3, 0.2, 0.3, 0.6, 0.4]).unwrap();
    }
}

mod likelihoods_of_a_generic_trait {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    trait Prior {
        fn logp(&self, x: f64) -> f64;
    }
    #[differentiable(order = 2)]
    trait Likelihood<P: Prior + Differentiable> {
        fn prior(&self) -> P;
        fn loglik(&self, theta: f64) -> f64;
        fn posterior(&self, theta: f64) -> f64
        where
            P: Differentiable,
        {
            self.prior().logp(theta) + self.loglik(theta)
        }
    }
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Normal {
        mu: f64,
        sigma: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Poisson {
        counts: Vec<u32>,
        prior: Normal,
    }
    #[differentiable(order = 2)]
    impl Prior for Normal {
        fn logp(&self, x: f64) -> f64 {
            let z = (x - self.mu) / self.sigma;
            -0.5 * z * z - self.sigma.ln()
        }
    }
    #[differentiable(order = 2)]
    impl Likelihood<Normal> for Poisson {
        fn prior(&self) -> Normal {
            self.prior
        }
        fn loglik(&self, theta: f64) -> f64 {
            self.counts.iter().map(|&k| k as f64 * theta - theta.exp()).sum()
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Poisson { counts: vec![1, 3, 2], prior: Normal { mu: x[1], sigma: x[2] } };
        m.posterior(x[0])
    }
    #[test]
    fn checks() {
        f::check(&[0.9, 0.7, 1.3]).unwrap();
    }
}
