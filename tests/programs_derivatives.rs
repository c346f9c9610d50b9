//! Programs that are made of derivatives, as users of JAX and `PyTorch` write them: gradients, Jacobians and Hessians of one
//! function inside another one, which is differentiated in turn.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// Gaussian elimination with pivots.
#[differentiable(order = 3)]
fn solve(a: &Array2<f64>, b: &Array1<f64>) -> Array1<f64> {
    let n = b.len();
    let mut m = a.clone();
    let mut x = b.clone();
    for k in 0..n {
        let mut p = k;
        for i in k + 1..n {
            if m[[i, k]].abs() > m[[p, k]].abs() {
                p = i;
            }
        }
        if p != k {
            for j in 0..n {
                let t = m[[k, j]];
                m[[k, j]] = m[[p, j]];
                m[[p, j]] = t;
            }
            let t = x[k];
            x[k] = x[p];
            x[p] = t;
        }
        for i in k + 1..n {
            let f = m[[i, k]] / m[[k, k]];
            for j in k..n {
                let d = f * m[[k, j]];
                m[[i, j]] -= d;
            }
            let d = f * x[k];
            x[i] -= d;
        }
    }
    for k in (0..n).rev() {
        let mut s = x[k];
        for j in k + 1..n {
            s -= m[[k, j]] * x[j];
        }
        x[k] = s / m[[k, k]];
    }
    x
}

/// Laplace approximation of the evidence, over the hyperparameter.
mod laplace {
    use super::*;

    #[differentiable(order = 3)]
    fn neg_log_post(w: &[f64], alpha: f64, x: &[f64], y: &[f64]) -> f64 {
        let mut s = 0.5 * alpha * w.iter().map(|w| w * w).sum::<f64>();
        for (x, y) in x.iter().zip(y) {
            let z = w[0] + w[1] * x;
            s += (1.0 + z.exp()).ln() - y * z;
        }
        s
    }
    #[differentiable]
    fn log_det2(w: &[f64], alpha: f64, #[constant] x: &[f64], #[constant] y: &[f64]) -> f64 {
        let h = neg_log_post::hessian(w, alpha, x, y);
        (h[[0, 0]] * h[[1, 1]] - h[[0, 1]] * h[[1, 0]]).ln()
    }
    #[differentiable(wrt(w), order = 3)]
    fn nlp_w(w: &[f64], alpha: f64, x: &[f64], y: &[f64]) -> f64 {
        neg_log_post(w, alpha, x, y)
    }
    #[differentiable]
    fn evidence(w: &[f64], alpha: f64, #[constant] x: &[f64], #[constant] y: &[f64]) -> f64 {
        let h = nlp_w::hessian(w, alpha, x, y);
        -neg_log_post(w, alpha, x, y) - 0.5 * (h[[0, 0]] * h[[1, 1]] - h[[0, 1]] * h[[1, 0]]).ln()
    }
    #[test]
    fn checks() {
        let (x, y) = ([0.1, -0.5, 1.2], [1.0, 0.0, 1.0]);
        log_det2::check(&[0.1, 0.4], 0.7, &x, &y).unwrap();
        evidence::check(&[0.1, 0.4], 0.7, &x, &y).unwrap();
    }
}

/// Score matching, with the trace of a Hessian, by columns or as a whole.
mod score_matching {
    use super::*;

    #[differentiable(order = 3, wrt(x))]
    fn log_density(x: &[f64], w: &[f64]) -> f64 {
        -0.5 * w[0] * x[0] * x[0] - w[1] * x[1].powi(4) - (w[2] * x[0] * x[1]).sin()
    }
    #[differentiable(wrt(w))]
    fn score_matching(w: &[f64], data: &[[f64; 2]]) -> f64 {
        let mut loss = 0.0;
        for x in data {
            let s = log_density::grad(x, w);
            let h = log_density::hessian(x, w);
            loss += h.diag().sum() + 0.5 * s.iter().map(|s| s * s).sum::<f64>();
        }
        loss / data.len() as f64
    }
    #[differentiable(wrt(w))]
    fn score_matching_hvp(w: &[f64], data: &[[f64; 2]]) -> f64 {
        let mut loss = 0.0;
        for x in data {
            let s = log_density::grad(x, w);
            for i in 0..2 {
                let mut e = [0.0; 2];
                e[i] = 1.0;
                let column = log_density::hvp(x, w, &e);
                loss += column[i] + 0.5 * s[i] * s[i];
            }
        }
        loss / data.len() as f64
    }
    #[test]
    fn checks() {
        let w = [0.7, 0.2, 1.3];
        let data = [[0.3, -0.4], [1.0, 0.2]];
        score_matching::check(&w, &data).unwrap();
        score_matching_hvp::check(&w, &data).unwrap();
        let (a, b) = (score_matching::grad(&w, &data), score_matching_hvp::grad(&w, &data));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

/// A residual of a differential equation, with second derivatives of a network.
mod physics_informed {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Mlp {
        w1: Vec<f64>,
        b1: Vec<f64>,
        w2: Vec<f64>,
    }
    #[differentiable(order = 3)]
    impl Mlp {
        fn u(&self, t: f64, x: f64) -> f64 {
            let mut s = 0.0;
            for i in 0..self.w2.len() {
                s += self.w2[i] * (self.w1[2 * i] * t + self.w1[2 * i + 1] * x + self.b1[i]).tanh();
            }
            s
        }
    }
    #[differentiable(order = 3)]
    fn u_of(net: &Mlp, t: f64, x: f64) -> f64 {
        net.u(t, x)
    }
    #[differentiable(order = 2, wrt(x))]
    fn u_x_only(net: &Mlp, t: f64, x: f64) -> f64 {
        u_of::grad(net, t, x).2
    }
    #[differentiable]
    fn pinn(net: &Mlp, points: &[(f64, f64)], nu: f64) -> f64 {
        let mut loss = 0.0;
        for &(t, x) in points {
            let (u, (_, du_dt, du_dx)) = u_of::value_and_grad(net, t, x);
            let u_xx = u_x_only::grad(net, t, x);
            let r = du_dt + u * du_dx - nu * u_xx;
            loss += r * r;
        }
        loss / points.len() as f64
    }
    #[differentiable]
    fn pinn2(net: &Mlp, t: f64, x: f64, nu: f64) -> f64 {
        let (u, (_, d_t, d_x)) = net.u_value_and_grad(t, x);
        let zero = MlpTangent { w1: vec![0.0; 4], b1: vec![0.0; 2], w2: vec![0.0; 2] };
        let (_, _, u_xx) = net.u_hvp(t, x, &zero, 0.0, 1.0);
        let r = d_t + u * d_x - nu * u_xx;
        r * r
    }
    #[test]
    fn checks() {
        let net = Mlp { w1: vec![0.3, -0.8, 1.1, 0.4], b1: vec![0.1, -0.2], w2: vec![0.7, -0.5] };
        pinn::check(&net, &[(0.1, 0.2), (0.5, -0.4)], 0.01).unwrap();
        pinn2::check(&net, 0.1, 0.2, 0.01).unwrap();
        // One as the gradient of a gradient, the other one as a product with a Hessian.
        let (a, b) = (pinn::grad(&net, &[(0.1, 0.2)], 0.01), pinn2::grad(&net, 0.1, 0.2, 0.01));
        assert!((pinn(&net, &[(0.1, 0.2)], 0.01) - pinn2(&net, 0.1, 0.2, 0.01)).abs() < 1e-14);
        assert!(a.0.w1.iter().zip(&b.0.w1).all(|(a, b)| (a - b).abs() < 1e-13) && (a.2 - b.3).abs() < 1e-13);
    }
}

/// Equations of motion from the Hessian of a Lagrangian.
mod lagrangian {
    use super::*;

    #[differentiable(order = 3)]
    fn lagrangian(q: &[f64; 2], v: &[f64; 2], m: &[f64; 2]) -> f64 {
        let kinetic =
            0.5 * (m[0] + m[1]) * v[0] * v[0] + 0.5 * m[1] * v[1] * v[1] + m[1] * v[0] * v[1] * (q[0] - q[1]).cos();
        let potential = -(m[0] + m[1]) * 9.8 * q[0].cos() - m[1] * 9.8 * q[1].cos();
        kinetic - potential
    }
    #[differentiable]
    fn acceleration(q: &[f64; 2], v: &[f64; 2], m: &[f64; 2]) -> Array1<f64> {
        let h = lagrangian::hessian(q, v, m);
        let (dq, _, _) = lagrangian::grad(q, v, m);
        let vv = h.slice(s![2..4, 2..4]).to_owned();
        let vq = h.slice(s![2..4, 0..2]).to_owned();
        let rhs = array![dq[0] - vq[[0, 0]] * v[0] - vq[[0, 1]] * v[1], dq[1] - vq[[1, 0]] * v[0] - vq[[1, 1]] * v[1]];
        solve(&vv, &rhs)
    }
    #[test]
    fn checks() {
        let (q, v, m) = ([0.3, 0.8], [0.5, -0.2], [1.0, 0.7]);
        acceleration::check(&q, &v, &m).unwrap();
        // The equations of the double pendulum.
        let a = acceleration(&q, &v, &m);
        let (sine, cosine) = (q[0] - q[1]).sin_cos();
        let (total, g) = (m[0] + m[1], 9.8);
        let first = total * a[0] + m[1] * cosine * a[1] + m[1] * v[1] * v[1] * sine + total * g * q[0].sin();
        let second = m[1] * cosine * a[0] + m[1] * a[1] - m[1] * v[0] * v[0] * sine + m[1] * g * q[1].sin();
        assert!(first.abs() < 1e-12 && second.abs() < 1e-12, "{first} {second}");
    }
}

/// Steps of gradient descent on tasks, differentiated over where they start.
mod meta_learning {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Net {
        w1: Array2<f64>,
        b1: Array1<f64>,
        w2: Array2<f64>,
        b2: Array1<f64>,
    }
    #[differentiable(order = 2, wrt(net))]
    fn task_loss(net: &Net, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
        let h = dense(x, &net.w1, &net.b1, Activation::Tanh);
        let out = dense(&h, &net.w2, &net.b2, Activation::Linear);
        mse_loss(y, &out)
    }
    #[differentiable(wrt(net, rate))]
    fn maml(net: &Net, rate: f64, tasks: &[(Array2<f64>, Array2<f64>)], steps: usize) -> f64 {
        let mut total = 0.0;
        for (x, y) in tasks {
            let mut fast = net.clone();
            for _ in 0..steps {
                let g = task_loss::grad(&fast, x, y);
                fast = Net {
                    w1: &fast.w1 - &(g.w1 * rate),
                    b1: &fast.b1 - &(g.b1 * rate),
                    w2: &fast.w2 - &(g.w2 * rate),
                    b2: &fast.b2 - &(g.b2 * rate),
                };
            }
            total += task_loss(&fast, x, y);
        }
        total / tasks.len() as f64
    }
    #[test]
    fn checks() {
        let net = Net {
            w1: array![[0.3, -0.2, 0.5]],
            b1: array![0.1, 0.0, -0.1],
            w2: array![[0.4], [0.2], [-0.3]],
            b2: array![0.05],
        };
        let x = array![[0.1], [0.5], [-0.7]];
        let tasks = vec![(x.clone(), x.mapv(f64::sin)), (x.clone(), x.mapv(|x| x * x))];
        maml::check(&net, 0.1, &tasks, 3).unwrap();
    }
}

/// An extended Kalman filter, which linearises its models by Jacobians and gradients.
mod kalman {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Noise {
        q: f64,
        r: f64,
        drag: f64,
    }
    #[differentiable(order = 2)]
    fn motion(x: &Array1<f64>, drag: f64, dt: f64) -> Array1<f64> {
        array![x[0] + dt * x[1], x[1] - dt * drag * x[1] * x[1].abs()]
    }
    #[differentiable(order = 2)]
    fn sensor(x: &Array1<f64>) -> f64 {
        (1.0 + x[0] * x[0]).sqrt()
    }
    #[differentiable(wrt(n))]
    fn ekf(n: &Noise, ys: &[f64], dt: f64) -> f64 {
        let mut x = array![0.0, 1.0];
        let mut p: Array2<f64> = Array2::eye(2) * 0.5;
        let mut nll = 0.0;
        for y in ys {
            let j = motion::jacobian(&x, n.drag, dt);
            let f = j.slice(s![.., ..2]).to_owned();
            x = motion(&x, n.drag, dt);
            p = f.dot(&p).dot(&f.t()) + Array2::<f64>::eye(2) * n.q;
            let h = sensor::grad(&x);
            let ph = p.dot(&h);
            let s = h.dot(&ph) + n.r;
            let innovation = y - sensor(&x);
            nll += 0.5 * (innovation * innovation / s + s.ln());
            let k = &ph / s;
            x = &x + &(&k * innovation);
            let kc = k.clone().insert_axis(Axis(1));
            let pr = ph.clone().insert_axis(Axis(0));
            p = &p - &kc.dot(&pr);
        }
        nll
    }
    #[test]
    fn checks() {
        ekf::check(&Noise { q: 0.1, r: 0.2, drag: 0.3 }, &[1.1, 1.3, 1.8, 2.0], 0.4).unwrap();
    }
}

/// Levenberg–Marquardt, differentiated over its data and its damping.
mod least_squares {
    use super::*;

    #[differentiable(order = 2, wrt(p))]
    fn residuals(p: &[f64], t: &[f64], y: &[f64]) -> Vec<f64> {
        t.iter().zip(y).map(|(t, y)| p[0] * (-p[1] * t).exp() - y).collect()
    }
    #[differentiable]
    fn lm(p0: &[f64], y: &[f64], damping: f64, #[constant] t: &[f64]) -> f64 {
        let mut p = p0.to_vec();
        for _ in 0..3 {
            let r = residuals(&p, t, y);
            let j = residuals::jacobian(&p, t, y);
            let (mut a, mut b, mut c, mut g0, mut g1) = (damping, 0.0, damping, 0.0, 0.0);
            for i in 0..r.len() {
                a += j[[i, 0]] * j[[i, 0]];
                b += j[[i, 0]] * j[[i, 1]];
                c += j[[i, 1]] * j[[i, 1]];
                g0 += j[[i, 0]] * r[i];
                g1 += j[[i, 1]] * r[i];
            }
            let det = a * c - b * b;
            p[0] -= (c * g0 - b * g1) / det;
            p[1] -= (a * g1 - b * g0) / det;
        }
        p[0] * p[1]
    }
    #[test]
    fn checks() {
        let t = [0.1, 0.5, 1.0, 1.7];
        lm::check(&[1.0, 0.5], &[0.9, 0.7, 0.55, 0.3], 0.1, &t).unwrap();
    }
}

/// A normalising flow, with the determinant of its Jacobian in the likelihood.
mod flow {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Coupling {
        s: [f64; 2],
        t: [f64; 2],
        flip: bool,
    }
    #[differentiable(order = 2)]
    impl Coupling {
        fn forward(&self, x: &[f64; 2]) -> [f64; 2] {
            let (a, b) = if self.flip { (x[1], x[0]) } else { (x[0], x[1]) };
            let scale = (self.s[0] * a + self.s[1]).tanh();
            let moved = b * scale.exp() + (self.t[0] * a).sin() * self.t[1];
            if self.flip { [moved, a] } else { [a, moved] }
        }
    }
    #[differentiable(order = 2)]
    fn flow(layers: &[Coupling], x: &[f64; 2]) -> [f64; 2] {
        let mut y = *x;
        for layer in layers {
            y = layer.forward(&y);
        }
        y
    }
    #[differentiable(order = 2, wrt(x))]
    fn flow_x(layers: &[Coupling], x: &[f64; 2]) -> [f64; 2] {
        flow(layers, x)
    }
    #[differentiable(wrt(layers))]
    fn flow_nll(layers: &[Coupling], xs: &[[f64; 2]]) -> f64 {
        let mut nll = 0.0;
        for x in xs {
            let z = flow(layers, x);
            let j = flow_x::jacobian(layers, x);
            let det = j[[0, 0]] * j[[1, 1]] - j[[0, 1]] * j[[1, 0]];
            nll += 0.5 * (z[0] * z[0] + z[1] * z[1]) - det.abs().ln();
        }
        nll / xs.len() as f64
    }
    #[test]
    fn checks() {
        let layers = vec![
            Coupling { s: [0.3, 0.1], t: [0.5, -0.2], flip: false },
            Coupling { s: [-0.4, 0.2], t: [0.1, 0.7], flip: true },
        ];
        flow_nll::check(&layers, &[[0.3, 0.8], [-0.5, 0.2]]).unwrap();
    }
}

/// A penalty on the gradient of a network.
mod penalty {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct Critic {
        fc1: Dense<f64>,
        fc2: Dense<f64>,
    }
    #[differentiable(order = 2)]
    impl Model for Critic {
        type Input = Array2<f64>;
        type Output = Array2<f64>;
        fn call(&self, x: &Array2<f64>) -> Array2<f64> {
            self.fc2.call(&self.fc1.call(x).mapv(|v| v.tanh()))
        }
    }
    #[differentiable(order = 2, wrt(x))]
    fn criticised(critic: &Critic, x: &Array2<f64>) -> f64 {
        critic.call(x).sum()
    }
    #[differentiable(wrt(critic))]
    fn penalty(critic: &Critic, x: &Array2<f64>) -> f64 {
        let g = criticised::grad(critic, x);
        let norms = (&g * &g).sum_axis(Axis(1)).mapv(|n| (n.sqrt() - 1.0).powi(2));
        norms.sum() / x.nrows() as f64
    }
    #[test]
    fn checks() {
        let mut rng = seeded(3);
        let critic = Critic { fc1: Dense::new(2, 4, &mut rng), fc2: Dense::new(4, 1, &mut rng) };
        penalty::check(&critic, &array![[0.3, -0.2], [0.8, 0.5]]).unwrap();
    }
}

/// A minimiser as a layer: what is zero at it is a gradient.
mod argmin {
    use super::*;

    #[differentiable(order = 2, wrt(z))]
    fn inner(a: f64, b: f64, z: &[f64; 2]) -> f64 {
        (z[0] - a).powi(2) + b * (z[1] - z[0]).powi(2) + 0.1 * z[1].powi(4)
    }
    #[differentiable(implicit = optimality)]
    fn argmin(a: f64, b: f64) -> [f64; 2] {
        let mut z = [0.0, 0.0];
        for _ in 0..200 {
            let g = inner::grad(a, b, &z);
            let h = inner::hessian(a, b, &z);
            let det = h[[0, 0]] * h[[1, 1]] - h[[0, 1]] * h[[1, 0]];
            z = [
                z[0] - (h[[1, 1]] * g[0] - h[[0, 1]] * g[1]) / det,
                z[1] - (h[[0, 0]] * g[1] - h[[1, 0]] * g[0]) / det,
            ];
        }
        z
    }
    #[differentiable]
    fn optimality(a: f64, b: f64, z: &[f64; 2]) -> [f64; 2] {
        inner::grad(a, b, z)
    }
    #[differentiable]
    fn outer(a: f64, b: f64) -> f64 {
        let z = argmin(a * b, b);
        z[0] * z[1]
    }
    #[test]
    fn checks() {
        argmin::check(0.7, 1.3).unwrap();
        outer::check(0.7, 1.3).unwrap();
    }
}

/// A continuous flow, whose divergence is found by directional derivatives.
mod divergence {
    use super::*;

    #[differentiable(order = 2)]
    fn velocity(w: &Array2<f64>, z: &Array1<f64>) -> Array1<f64> {
        w.dot(z).mapv(f64::tanh)
    }
    #[differentiable]
    fn cnf(w: &Array2<f64>, z0: &Array1<f64>, steps: usize) -> f64 {
        let (mut z, mut log_p) = (z0.clone(), 0.0);
        let h = 1.0 / steps as f64;
        let zero = Array2::zeros(w.raw_dim());
        for _ in 0..steps {
            let mut divergence = 0.0;
            for i in 0..z.len() {
                let mut e = Array1::zeros(z.len());
                e[i] = 1.0;
                let (_, column) = velocity::jvp(w, &z, &zero, &e);
                divergence += column[i];
            }
            log_p -= h * divergence;
            z = &z + &(velocity(w, &z) * h);
        }
        log_p - 0.5 * z.dot(&z)
    }
    #[test]
    fn checks() {
        cnf::check(&array![[0.3, -0.8], [0.5, 0.2]], &array![0.4, -0.9], 3).unwrap();
    }
}

/// A method that changes its receiver by the gradient of an energy, in a checkpointed loop.
mod mechanics {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Cluster {
        positions: Vec<[f64; 2]>,
        velocities: Vec<[f64; 2]>,
        charge: f64,
        #[constant]
        dt: f64,
    }
    #[differentiable(order = 2)]
    fn energy(positions: &[[f64; 2]], charge: f64) -> f64 {
        let mut e = 0.0;
        for i in 0..positions.len() {
            for j in 0..i {
                let d = [positions[i][0] - positions[j][0], positions[i][1] - positions[j][1]];
                e += charge / (d[0] * d[0] + d[1] * d[1] + 0.1).sqrt();
            }
        }
        e
    }
    #[differentiable]
    impl Cluster {
        fn step(&mut self) {
            let (g, _) = energy::grad(&self.positions, self.charge);
            for i in 0..self.positions.len() {
                for k in 0..2 {
                    self.velocities[i][k] -= self.dt * g[i][k];
                    self.positions[i][k] += self.dt * self.velocities[i][k];
                }
            }
        }
        fn spread(&self) -> f64 {
            self.positions.iter().map(|p| p[0] * p[0] + p[1] * p[1]).sum()
        }
    }
    #[differentiable]
    fn simulated(cluster: &Cluster, steps: usize) -> f64 {
        let mut c = cluster.clone();
        #[checkpoint(every = 2)]
        for _ in 0..steps {
            c.step();
        }
        c.spread()
    }
    #[test]
    fn checks() {
        let c = Cluster {
            positions: vec![[0.0, 0.1], [1.0, -0.2], [0.3, 0.9]],
            velocities: vec![[0.1, 0.0]; 3],
            charge: 0.8,
            dt: 0.1,
        };
        simulated::check(&c, 5).unwrap();
        c.clone().step_check().unwrap();
        let j = c.clone().step_jacobian();
        assert_eq!(j.dim(), (13, 13));
    }
}
