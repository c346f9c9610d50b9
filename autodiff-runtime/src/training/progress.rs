//! A bar that shows how far a long training has come: on standard error, if that is a terminal.

use std::time::{Duration, Instant};

#[cfg(feature = "progress")]
use indicatif::{ProgressBar, ProgressStyle};

/// A training that is shorter than this has no bar.
const LONG: Duration = Duration::from_secs(1);

/// Counts the steps of a training, and prints about it.
pub(super) struct Progress {
    /// When the training began; `None` if nothing is to be shown.
    begun: Option<Instant>,
    done: usize,
    steps: usize,
    #[cfg(feature = "progress")]
    bar: Option<ProgressBar>,
}

impl Progress {
    /// For this many steps.
    pub(super) fn new(shown: bool, steps: usize) -> Self {
        Self {
            begun: (shown && cfg!(feature = "progress")).then(Instant::now),
            done: 0,
            steps,
            #[cfg(feature = "progress")]
            bar: None,
        }
    }

    /// One more step was taken, with this loss.
    pub(super) fn step(&mut self, epoch: usize, epochs: usize, loss: f64) {
        self.done += 1;
        if self.begun.is_some_and(|begun| begun.elapsed() > LONG) {
            self.draw(epoch, epochs, loss);
        }
    }

    #[cfg(feature = "progress")]
    fn draw(&mut self, epoch: usize, epochs: usize, loss: f64) {
        let (done, steps) = (self.done as u64, self.steps as u64);
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3} %, {eta} left, {msg}");
            let elapsed = self.begun.map_or(LONG, |begun| begun.elapsed());
            // It is hidden where standard error is no terminal.
            ProgressBar::new(steps).with_style(style.expect("the template is right")).with_elapsed(elapsed)
        });
        bar.set_message(format!("epoch {epoch}/{epochs}, loss {loss:.4}"));
        bar.set_position(done);
    }

    #[cfg(not(feature = "progress"))]
    fn draw(&mut self, _: usize, _: usize, _: f64) {
        unreachable!("without the feature nothing is shown: {} of {}", self.done, self.steps)
    }

    /// Prints a line to standard output, above the bar.
    pub(super) fn print(&self, line: &str) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            return bar.suspend(|| println!("{line}"));
        }
        println!("{line}");
    }
}

#[cfg(feature = "progress")]
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(all(test, feature = "progress"))]
mod tests {
    use super::*;

    /// A training of ten steps that began some time ago.
    fn begun(ago: Duration) -> Progress {
        let mut progress = Progress::new(true, 10);
        progress.begun = progress.begun.and_then(|begun| begun.checked_sub(ago));
        progress
    }

    #[test]
    fn a_long_training_has_a_bar_that_counts_its_steps() {
        let mut progress = begun(3 * LONG);
        assert!(progress.bar.is_none());
        for batch in 1..=5 {
            progress.step(1, 2, 0.5 / f64::from(batch));
        }
        progress.step(2, 2, 0.0625);
        let bar = progress.bar.as_ref().expect("the training is long");
        assert_eq!((bar.position(), bar.length()), (6, Some(10)));
        assert_eq!(bar.message(), "epoch 2/2, loss 0.0625");
        assert!(bar.elapsed() > 2 * LONG, "the time before the bar counts, for the time that is left");
        progress.print("Epoch 2/2: Loss=0.0625");
        assert!(!bar.is_finished());
        let bar = bar.clone();
        drop(progress);
        assert!(bar.is_finished(), "nothing is left on the screen");
    }

    #[test]
    fn short_and_silent_trainings_have_none() {
        let mut short = begun(Duration::ZERO);
        short.step(1, 1, 1.0);
        assert!(short.bar.is_none());
        let mut silent = Progress::new(false, 10);
        silent.step(1, 1, 1.0);
        assert!(silent.bar.is_none() && silent.begun.is_none());
    }
}
