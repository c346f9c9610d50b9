//! Which states of a checkpointed loop are stored, and in which order its iterations run again.
//!
//! In: the number of snapshots, and the number of iterations if it is known. Out: the answers that the
//! sweeps of the loop ask for. For a known length this is the binomial schedule of Griewank and Walther
//! (*Algorithm 799: revolve*, ACM TOMS 26, 2000), which runs the fewest iterations again. For an unknown
//! length the forward sweep stores every state, then every second, fourth, … so that the snapshots always
//! suffice; what lies between two of them goes by the binomial schedule.

use std::cell::{Cell, RefCell};

/// The state of a schedule. Sweeps ask questions in order; answers change it.
#[derive(Debug)]
pub struct Schedule {
    slots: usize,
    /// The number of iterations: of an unknown length, those so far.
    length: Cell<usize>,
    /// Iterations whose states are stored, ascending, and where.
    stored: RefCell<Vec<(usize, usize)>>,
    free: RefCell<Vec<usize>>,
    /// Iterations whose states are to be stored on the way, descending.
    planned: RefCell<Vec<usize>>,
    /// Of an unknown length: the distance of the stored states.
    stride: Cell<Option<usize>>,
    /// The iteration that the forward sweep comes to next, and how many the backward sweep has yet to undo.
    next: Cell<usize>,
    storing: Cell<bool>,
    remaining: Cell<usize>,
}

impl Schedule {
    /// A schedule for `length` iterations.
    ///
    /// # Panics
    ///
    /// If there are no snapshots.
    #[must_use]
    pub fn new(snapshots: usize, length: usize) -> Self {
        assert!(snapshots > 0, "`#[checkpoint(snapshots = …)]` needs at least one snapshot");
        let schedule = Self::with(snapshots.min(length.max(1)), None);
        schedule.length.set(length);
        schedule.plan(0, length, schedule.slots);
        schedule
    }

    /// A schedule for a loop that may end after any iteration.
    ///
    /// # Panics
    ///
    /// If there are no snapshots.
    #[must_use]
    pub fn of_unknown_length(snapshots: usize) -> Self {
        assert!(snapshots > 0, "`#[checkpoint(snapshots = …)]` needs at least one snapshot");
        Self::with(snapshots, Some(1))
    }

    fn with(slots: usize, stride: Option<usize>) -> Self {
        Self {
            slots,
            length: Cell::new(0),
            stored: RefCell::default(),
            free: RefCell::new((0..slots).rev().collect()),
            planned: RefCell::default(),
            stride: Cell::new(stride),
            next: Cell::new(0),
            storing: Cell::new(false),
            remaining: Cell::new(usize::MAX),
        }
    }

    /// How many states have room.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Forward sweep, before each iteration: counts it, and decides whether its state is stored.
    pub fn visit(&self) {
        let storing = self.comes_to_next();
        self.storing.set(storing);
    }

    /// Forward sweep, after [`Self::visit`]: whether the state is stored, in [`Self::free_slot`].
    #[must_use]
    pub fn is_storing(&self) -> bool {
        self.storing.get()
    }

    fn comes_to_next(&self) -> bool {
        let step = self.next.replace(self.next.get() + 1);
        let Some(stride) = self.stride.get() else {
            return self.stores(step);
        };
        self.length.set(step + 1);
        if !step.is_multiple_of(stride) {
            return false;
        }
        if self.free.borrow().is_empty() {
            let wider = 2 * stride;
            self.stride.set(Some(wider));
            let mut free = self.free.borrow_mut();
            self.stored.borrow_mut().retain(|(at, slot)| {
                let keep = at.is_multiple_of(wider);
                if !keep {
                    free.push(*slot);
                }
                keep
            });
            if free.is_empty() || !step.is_multiple_of(wider) {
                return false;
            }
        }
        self.store(step);
        true
    }

    /// Whether the state before an iteration is stored, in [`Self::free_slot`].
    #[must_use]
    pub fn stores(&self, step: usize) -> bool {
        let planned = self.planned.borrow().last() == Some(&step);
        if planned {
            self.planned.borrow_mut().pop();
            self.store(step);
        }
        planned
    }

    fn store(&self, step: usize) {
        let slot = self.free.borrow_mut().pop().expect("a state is stored only where there is room");
        self.stored.borrow_mut().push((step, slot));
    }

    /// Where the state goes that is stored now.
    #[must_use]
    pub fn free_slot(&self) -> usize {
        self.last().1
    }

    /// Backward sweep: goes on to the iteration before; `false` when there is none.
    ///
    /// # Panics
    ///
    /// If the forward sweep has not been run.
    #[must_use]
    pub fn back(&self) -> bool {
        let remaining = self.remaining.get().min(self.length.get());
        if remaining == 0 {
            return false;
        }
        let target = remaining - 1;
        self.remaining.set(target);
        self.planned.borrow_mut().clear();
        while self.last().0 > target {
            let (_, slot) = self.stored.borrow_mut().pop().expect("the first state stays");
            self.free.borrow_mut().push(slot);
        }
        let from = self.last().0;
        let room = self.free.borrow().len();
        self.plan(from, target + 1, room + 1);
        // The state it starts from is stored already.
        self.planned.borrow_mut().pop();
        true
    }

    /// Plans the states to store on the way from one that has (or gets) a slot to the end of a stretch.
    fn plan(&self, from: usize, end: usize, snapshots: usize) {
        let mut planned = Vec::new();
        let (mut at, mut left) = (from, snapshots);
        planned.push(at);
        while left > 1 && end - at > 1 {
            at += split(end - at, left);
            left -= 1;
            planned.push(at);
        }
        planned.retain(|at| *at < end);
        planned.reverse();
        *self.planned.borrow_mut() = planned;
    }

    /// The iteration that runs next on the way to the target.
    #[must_use]
    pub fn from(&self) -> usize {
        self.last().0
    }

    /// Where the state before [`Self::from`] is stored.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.stored.borrow().last().map_or(0, |(_, slot)| *slot)
    }

    /// The iteration to undo.
    #[must_use]
    pub fn target(&self) -> usize {
        self.remaining.get()
    }

    fn last(&self) -> (usize, usize) {
        *self.stored.borrow().last().expect("the first state is stored")
    }
}

/// How far to go from a stored state before the next is stored, to undo `length` iterations with the
/// fewest run again.
fn split(length: usize, snapshots: usize) -> usize {
    if length <= 1 || snapshots <= 1 {
        return length;
    }
    // The fewest repetitions with which `snapshots` states reach that far.
    let mut repetitions = 1;
    while reach(snapshots, repetitions) < length {
        repetitions += 1;
    }
    let most = reach(snapshots, repetitions - 1).min(length.saturating_sub(reach(snapshots - 1, repetitions - 1)));
    most.max(1).min(length - 1)
}

/// How many iterations can be undone with a number of states, if none runs more often than `repetitions`
/// times before: the binomial coefficient of their sum over one of them.
fn reach(snapshots: usize, repetitions: usize) -> usize {
    let mut value: u128 = 1;
    for i in 1..=repetitions.min(snapshots) {
        value = value * ((snapshots + repetitions + 1 - i) as u128) / i as u128;
        if value > usize::MAX as u128 {
            return usize::MAX;
        }
    }
    value as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The iterations that a schedule runs again, apart from the forward sweep and the last run of each,
    /// and the last whose state the forward sweep stores.
    fn cost(schedule: &Schedule, length: usize) -> (usize, usize) {
        let mut stored = vec![usize::MAX; schedule.slots()];
        for step in 0..length {
            schedule.visit();
            if schedule.is_storing() {
                stored[schedule.free_slot()] = step;
            }
        }
        let last = stored.iter().filter(|s| **s != usize::MAX).max().copied().unwrap_or(0);
        let mut again = 0;
        let mut undone = length;
        while schedule.back() {
            let from = schedule.from();
            assert_eq!(stored[schedule.slot()], from, "the state is the one that was stored");
            for step in from..schedule.target() {
                if schedule.stores(step) {
                    stored[schedule.free_slot()] = step;
                }
                again += 1;
            }
            undone -= 1;
            assert_eq!(schedule.target(), undone);
        }
        assert_eq!(undone, 0);
        (again, last)
    }

    /// The fewest iterations run again, by dynamic programming over where the next state is stored.
    fn optimum(length: usize, snapshots: usize) -> usize {
        let mut best = vec![vec![0; snapshots + 1]; length + 1];
        for l in 2..=length {
            for s in 1..=snapshots {
                best[l][s] = if s == 1 {
                    l * (l - 1) / 2
                } else {
                    (1..l).map(|m| m + best[l - m][s - 1] + best[m][s]).min().unwrap()
                };
            }
        }
        best[length][snapshots]
    }

    #[test]
    fn a_known_length_is_undone_at_the_least_cost() {
        for length in 0..60 {
            for snapshots in 1..9 {
                // The optimum counts the iterations of the forward sweep, which it can end at the last state.
                let (again, last) = cost(&Schedule::new(snapshots, length), length);
                let expected = optimum(length, snapshots.min(length.max(1))) - last;
                assert_eq!(again, expected, "{length} by {snapshots}");
            }
        }
    }

    #[test]
    fn an_unknown_length_needs_no_more_slots() {
        for length in 0..200 {
            for snapshots in 1..9 {
                let schedule = Schedule::of_unknown_length(snapshots);
                let (again, _) = cost(&schedule, length);
                assert!(again <= 4 * optimum(length, snapshots) + 2 * length, "{length} by {snapshots}: {again}");
            }
        }
    }

    #[test]
    fn the_reach_is_binomial() {
        assert_eq!(reach(3, 2), 10);
        assert_eq!(reach(10, 10), 184_756);
        assert_eq!(reach(usize::MAX / 2, 3), usize::MAX);
    }
}
