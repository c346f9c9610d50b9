//! A neural ordinary differential equation: the law of a pendulum, learned from noisy measurements.
//!
//! The pendulum obeys θ'' = −4 sin θ − 0.3 θ'. The network is not told: it is fitted to the angles and velocities of
//! six swings, measured with noise, by differentiating a Runge–Kutta solver through all of its steps. Then it predicts a
//! swing that it has never seen, three times as long as those it was fitted to.
//!
//! Run it with `cargo run --release --example pendulum`. It writes the swing to `target/pictures/pendulum.svg`.

#[path = "common/picture.rs"]
mod picture;

use std::error::Error;

use differentiable::prelude::*;
use differentiable::rand::RngExt;
use plotters::prelude::*;

/// An angle and its velocity.
type State = [f64; 2];

const TIME_STEP: f64 = 0.05;
const UNITS: usize = 24;

/// The acceleration as a function of the state: one hidden layer.
#[derive(Clone, Differentiable)]
struct Law {
    hidden: [[f64; 2]; UNITS],
    bias: [f64; UNITS],
    output: [f64; UNITS],
}

impl Law {
    fn new(seed: u64) -> Self {
        let mut rng = seeded(seed);
        Self {
            hidden: std::array::from_fn(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0))),
            bias: std::array::from_fn(|_| rng.random_range(-1.0..1.0)),
            output: std::array::from_fn(|_| rng.random_range(-0.2..0.2)),
        }
    }
}

#[differentiable]
impl Law {
    fn slope(&self, state: State) -> State {
        let mut acceleration = 0.0;
        for unit in 0..UNITS {
            let h = self.hidden[unit][0] * state[0] + self.hidden[unit][1] * state[1] + self.bias[unit];
            acceleration += self.output[unit] * h.tanh();
        }
        [state[1], acceleration]
    }

    /// One step of the classical Runge–Kutta method.
    fn step(&self, state: State) -> State {
        let along = |slope: State, time: f64| [state[0] + time * slope[0], state[1] + time * slope[1]];
        let k1 = self.slope(state);
        let k2 = self.slope(along(k1, 0.5 * TIME_STEP));
        let k3 = self.slope(along(k2, 0.5 * TIME_STEP));
        let k4 = self.slope(along(k3, TIME_STEP));
        let mean = |i: usize| (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0;
        [state[0] + TIME_STEP * mean(0), state[1] + TIME_STEP * mean(1)]
    }
}

/// The mean squared distance between what the law predicts and what was measured after every step.
#[differentiable(wrt(law))]
#[allow(clippy::ptr_arg, reason = "`Fit` gives batches of the type of the data")]
fn loss(law: &Law, #[constant] starts: &Vec<State>, #[constant] measured: &Vec<Vec<State>>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (start, swing) in starts.iter().zip(measured) {
        let mut state = *start;
        for seen in swing {
            state = law.step(state);
            sum += (state[0] - seen[0]).powi(2) + (state[1] - seen[1]).powi(2);
            count += 1.0;
        }
    }
    sum / count
}

/// The true swing, by a hundred times smaller steps.
fn truth(start: State, steps: usize) -> Vec<State> {
    let mut state = start;
    let mut small_step = || {
        for _ in 0..100 {
            let h = TIME_STEP / 100.0;
            let velocity = state[1] + h / 2.0 * (-4.0 * state[0].sin() - 0.3 * state[1]);
            state[0] += h * velocity;
            state[1] = (velocity - h / 2.0 * 4.0 * state[0].sin()) / (1.0 + 0.15 * h);
        }
        state
    };
    (0..steps).map(|_| small_step()).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = seeded(4);
    let starts: Vec<State> = vec![[2.5, 0.0], [-1.5, 0.0], [0.5, 2.0], [1.0, -3.0], [-2.0, 1.0], [0.2, 0.0]];
    let mut noise = || rng.random_range(-0.1..0.1);
    let swings = starts.iter().map(|start| truth(*start, 60));
    let measured: Vec<Vec<State>> =
        swings.map(|swing| swing.iter().map(|s| [s[0] + noise(), s[1] + noise()]).collect()).collect();

    let mut law = Law::new(4);
    loss::check(&law, &starts, &measured)?;
    let mut adam = Adam::new(0.0).with_schedule(schedules::OneCycle::new(0.03, 4500));
    let history = Fit::new(loss::value_and_grad)
        .epochs(1500)
        .batch_size(2)
        .verbose(300)
        .run(&mut law, &mut adam, &starts, &measured)?;

    // Of noise that is uniform in ±0.1, two components have the mean square 0.0067.
    println!("loss {:.5}; noise alone gives 0.0067", history.loss[1499]);

    let (start, steps) = ([2.2, -0.5], 180);
    let expected = truth(start, steps);
    let mut state = start;
    let predicted: Vec<State> = (0..steps)
        .map(|_| {
            state = law.step(state);
            state
        })
        .collect();
    let squares: f64 = expected.iter().zip(&predicted).map(|(e, p)| (e[0] - p[0]).powi(2)).sum();
    let error = (squares / steps as f64).sqrt();
    println!(
        "root mean squared error of the angle, over {} s of an unknown swing: {error:.4}",
        steps as f64 * TIME_STEP
    );
    picture::write("pendulum.svg", &draw(&expected, &predicted, &measured[0])?)?;
    assert!(error < 0.1, "the law was not found");
    Ok(())
}

/// The true and the predicted angle over time, and one of the swings that were measured.
fn draw(expected: &[State], predicted: &[State], measured: &[State]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (760, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(15)
        .x_label_area_size(35)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..TIME_STEP * expected.len() as f64, -3.0..3.0)?;
    chart.configure_mesh().light_line_style(WHITE).x_desc("seconds").y_desc("angle").draw()?;
    let points = |swing: &[State]| -> Vec<(f64, f64)> {
        swing.iter().enumerate().map(|(n, state)| ((n + 1) as f64 * TIME_STEP, state[0])).collect()
    };
    let (grey, blue, red) = (RGBColor(150, 150, 150), RGBColor(140, 190, 230), RGBColor(214, 39, 40));
    let dots = points(measured).into_iter().map(|at| Circle::new(at, 2, grey.filled()));
    chart.draw_series(dots)?.label("one of six measured swings").legend(move |at| Circle::new(at, 2, grey.filled()));
    let line = |color: RGBColor| move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2));
    chart
        .draw_series(LineSeries::new(points(expected), blue.stroke_width(6)))?
        .label("an unknown swing")
        .legend(line(blue));
    chart.draw_series(LineSeries::new(points(predicted), red.stroke_width(2)))?.label("as predicted").legend(line(red));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    drop(chart);
    area.present()?;
    drop(area);
    Ok(svg)
}
