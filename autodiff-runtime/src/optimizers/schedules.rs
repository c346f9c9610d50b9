//! Learning rates that change from step to step.

mod plateau;

use std::f64::consts::PI;
use std::fmt::Debug;

pub use plateau::ReduceOnPlateau;

/// The learning rate as a function of the number of steps taken so far.
///
/// A schedule is given to an optimiser with
/// [`with_schedule`](super::Stepper::with_schedule). Steps are steps of the optimiser (batches), not
/// epochs.
pub trait Schedule: Debug + Send + Sync {
    /// The rate of the next step, after `steps` steps.
    fn learning_rate(&self, steps: u64) -> f64;

    /// What is wrong with the settings, if anything: an optimiser that is given the schedule panics with it.
    fn problem(&self) -> Option<String> {
        None
    }
}

/// The first of these settings that is not in its range, in words; each has a name, a value, whether that is in the
/// range, and what the range is.
fn first_problem<const N: usize>(schedule: &str, settings: [(&str, f64, bool, &str); N]) -> Option<String> {
    let (name, value, _, range) = settings.into_iter().find(|(_, _, fits, _)| !fits)?;
    Some(format!("{schedule}: `{name}` must be {range}; received {value}"))
}

/// The same rate always.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(
    /// The rate.
    pub f64,
);

impl Schedule for Constant {
    fn learning_rate(&self, _: u64) -> f64 {
        self.0
    }
}

/// `initial` · `factor`^⌊steps / `every`⌋.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepDecay {
    /// The rate at the beginning.
    pub initial: f64,
    /// What the rate is multiplied by at each stair.
    pub factor: f64,
    /// The number of steps on a stair.
    pub every: u64,
}

impl Schedule for StepDecay {
    fn learning_rate(&self, steps: u64) -> f64 {
        self.initial * self.factor.powf((steps / self.every.max(1)) as f64)
    }

    fn problem(&self) -> Option<String> {
        let Self { factor, every, .. } = *self;
        first_problem(
            "StepDecay",
            [("factor", factor, factor >= 0.0, "at least 0"), ("every", every as f64, every > 0, "at least 1")],
        )
    }
}

/// `initial` · `factor`^(steps / `over`). Keras: `ExponentialDecay`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExponentialDecay {
    /// The rate at the beginning.
    pub initial: f64,
    /// What the rate is multiplied by over `over` steps.
    pub factor: f64,
    /// The number of steps in which the rate changes by `factor`.
    pub over: f64,
}

impl Schedule for ExponentialDecay {
    fn learning_rate(&self, steps: u64) -> f64 {
        self.initial * self.factor.powf(steps as f64 / self.over)
    }

    fn problem(&self) -> Option<String> {
        let Self { factor, over, .. } = *self;
        first_problem(
            "ExponentialDecay",
            [("factor", factor, factor >= 0.0, "at least 0"), ("over", over, over > 0.0, "above 0")],
        )
    }
}

/// Half a cosine from `initial` down to `initial` · `floor`, again and again.
///
/// Period n + 1 is `growth` times as long as period n, and begins `shrink` times as high.
///
/// Source: Loshchilov and Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, 2016.
/// Keras: `CosineDecayRestarts`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineRestarts {
    /// The rate at the beginning.
    pub initial: f64,
    /// The number of steps in the first period.
    pub period: f64,
    /// How much longer each period is than the one before; at least 1.
    pub growth: f64,
    /// How much lower each period begins than the one before.
    pub shrink: f64,
    /// The least rate, as a fraction of `initial`.
    pub floor: f64,
}

impl Schedule for CosineRestarts {
    fn learning_rate(&self, steps: u64) -> f64 {
        let periods = steps as f64 / self.period;
        let (restarts, fraction) = if self.growth == 1.0 {
            (periods.floor(), periods.fract())
        } else {
            // The logarithm of a power may be a little less than the exponent.
            let restarts = ((1.0 - periods * (1.0 - self.growth)).log(self.growth) + 1e-12).floor();
            let grown = self.growth.powf(restarts);
            (restarts, (periods - (1.0 - grown) / (1.0 - self.growth)) / grown)
        };
        let cosine = 0.5 * self.shrink.powf(restarts) * (1.0 + (PI * fraction).cos());
        self.initial * ((1.0 - self.floor) * cosine + self.floor)
    }

    fn problem(&self) -> Option<String> {
        let Self { period, growth, shrink, floor, .. } = *self;
        first_problem(
            "CosineRestarts",
            [
                ("period", period, period > 0.0, "above 0"),
                ("growth", growth, growth >= 1.0, "at least 1"),
                ("shrink", shrink, shrink >= 0.0, "at least 0"),
                ("floor", floor, (0.0..=1.0).contains(&floor), "between 0 and 1"),
            ],
        )
    }
}

/// A straight line from 0 up to another schedule's first rate, then that schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp<S> {
    /// The number of steps to warm up in.
    pub steps: u64,
    /// What follows; it counts its steps from the end of the warm-up.
    pub then: S,
}

impl<S: Schedule> Schedule for WarmUp<S> {
    fn learning_rate(&self, steps: u64) -> f64 {
        if steps < self.steps {
            self.then.learning_rate(0) * (steps + 1) as f64 / self.steps as f64
        } else {
            self.then.learning_rate(steps - self.steps)
        }
    }

    fn problem(&self) -> Option<String> {
        self.then.problem()
    }
}

/// Half a cosine up to `peak`, then half a cosine down to almost nothing.
///
/// Source: Smith and Topin, *Super-Convergence*, 2017; the shape and the defaults are those of
/// `OneCycleLR` in `PyTorch`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycle {
    /// The highest rate.
    pub peak: f64,
    /// The number of steps of the whole cycle.
    pub steps: u64,
    /// The part of the steps in which the rate rises.
    pub rising: f64,
    /// `peak` over the rate of the first step.
    pub first_divisor: f64,
    /// The first rate over the last.
    pub last_divisor: f64,
}

impl OneCycle {
    /// A cycle of this many steps to this rate, rising for 0.3 of them, from `peak` / 25 to
    /// `peak` / 250,000.
    pub fn new(peak: f64, steps: u64) -> Self {
        Self { peak, steps, rising: 0.3, first_divisor: 25.0, last_divisor: 1e4 }
    }
}

impl Schedule for OneCycle {
    fn learning_rate(&self, steps: u64) -> f64 {
        let between = |from: f64, to: f64, part: f64| to + (from - to) / 2.0 * (1.0 + (PI * part).cos());
        let first = self.peak / self.first_divisor;
        let (at, top) = (steps as f64, self.rising * self.steps as f64 - 1.0);
        let last = self.steps as f64 - 1.0;
        if at < top {
            between(first, self.peak, at / top)
        } else {
            let fallen = if at > top { ((at - top) / (last - top).max(1.0)).min(1.0) } else { 0.0 };
            between(self.peak, first / self.last_divisor, fallen)
        }
    }

    fn problem(&self) -> Option<String> {
        let Self { steps, rising, first_divisor, last_divisor, .. } = *self;
        first_problem(
            "OneCycle",
            [
                ("steps", steps as f64, steps > 0, "at least 1"),
                ("rising", rising, (0.0..=1.0).contains(&rising), "between 0 and 1"),
                ("first_divisor", first_divisor, first_divisor > 0.0, "above 0"),
                ("last_divisor", last_divisor, last_divisor > 0.0, "above 0"),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_rates(schedule: &dyn Schedule, expected: &[(u64, f64)]) {
        for &(steps, rate) in expected {
            let found = schedule.learning_rate(steps);
            assert!((found - rate).abs() < 1e-9, "after {steps} steps: {found}, not {rate}");
        }
    }

    #[test]
    fn rates_follow_their_formulas() {
        assert_rates(&Constant(0.1), &[(0, 0.1), (1000, 0.1)]);
        let stairs = StepDecay { initial: 1.0, factor: 0.5, every: 10 };
        assert_rates(&stairs, &[(0, 1.0), (9, 1.0), (10, 0.5), (25, 0.25)]);
        let smooth = ExponentialDecay { initial: 1.0, factor: 0.25, over: 10.0 };
        assert_rates(&smooth, &[(0, 1.0), (5, 0.5), (10, 0.25)]);
        let warm = WarmUp { steps: 4, then: stairs };
        assert_rates(&warm, &[(0, 0.25), (3, 1.0), (4, 1.0), (14, 0.5)]);
    }

    #[test]
    fn cosines_restart() {
        let mut cosine = CosineRestarts { initial: 1.0, period: 10.0, growth: 1.0, shrink: 0.5, floor: 0.0 };
        assert_rates(&cosine, &[(0, 1.0), (5, 0.5), (10, 0.5), (15, 0.25), (20, 0.25)]);
        cosine.growth = 2.0;
        cosine.floor = 0.2;
        assert_rates(&cosine, &[(0, 1.0), (5, 0.6), (10, 0.6), (20, 0.4), (30, 0.4)]);
        cosine = CosineRestarts { initial: 1.0, period: 1.0, growth: 10.0, shrink: 1.0, floor: 0.0 };
        assert_rates(&cosine, &[(1, 1.0), (11, 1.0), (111, 1.0)]);
    }

    /// The numbers are those of `OneCycleLR(max_lr=1, total_steps=10)`.
    #[test]
    fn one_cycle_rises_and_falls() {
        let cycle = OneCycle::new(1.0, 10);
        assert_rates(&cycle, &[(0, 0.04), (1, 0.52), (2, 1.0), (9, 4e-6), (100, 4e-6)]);
        assert!(cycle.learning_rate(5) > cycle.learning_rate(6));
        // Without a rise it begins at the peak, without a fall it ends there.
        assert_rates(&OneCycle { rising: 0.1, ..cycle }, &[(0, 1.0), (9, 4e-6)]);
        assert_rates(&OneCycle { rising: 1.0, ..cycle }, &[(0, 0.04), (9, 1.0)]);
    }

    #[test]
    fn settings_that_make_no_schedule_are_named() {
        let cosine = CosineRestarts { initial: 1.0, period: 10.0, growth: 1.0, shrink: 0.5, floor: 0.0 };
        let (stairs, smooth) = (
            StepDecay { initial: 1.0, factor: 0.5, every: 0 },
            ExponentialDecay { initial: 1.0, factor: 0.5, over: 0.0 },
        );
        let schedules: [(&dyn Schedule, &str); 7] = [
            (&stairs, "StepDecay: `every` must be at least 1; received 0"),
            (&smooth, "ExponentialDecay: `over` must be above 0; received 0"),
            (&WarmUp { steps: 3, then: smooth }, "ExponentialDecay: `over` must be above 0; received 0"),
            (&CosineRestarts { growth: 0.5, ..cosine }, "CosineRestarts: `growth` must be at least 1; received 0.5"),
            (&CosineRestarts { floor: 2.0, ..cosine }, "CosineRestarts: `floor` must be between 0 and 1; received 2"),
            (&OneCycle::new(1.0, 0), "OneCycle: `steps` must be at least 1; received 0"),
            (
                &OneCycle { rising: f64::NAN, ..OneCycle::new(1.0, 5) },
                "OneCycle: `rising` must be between 0 and 1; received NaN",
            ),
        ];
        for (schedule, problem) in schedules {
            assert_eq!(schedule.problem().as_deref(), Some(problem));
        }
        assert_eq!(cosine.problem(), None);
    }
}
