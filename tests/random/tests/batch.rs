//! Random programs: reverse mode, forward mode and central differences agree, and so do all ways to the value.
#![allow(warnings, clippy::all, clippy::pedantic, reason = "the programs are made by a machine")]

use random_programs::harness::{Run, judge};

mod prelude {
    pub use differentiable::prelude::*;
    pub use random_programs::harness::*;
}

mod programs {
    include!(concat!(env!("OUT_DIR"), "/programs.rs"));
}

#[test]
fn derivatives_of_random_programs_agree() {
    std::panic::set_hook(Box::new(|_| {}));
    let (mut failed, mut judged) = (0, 0);
    for &(seed, run) in programs::PROGRAMS {
        match judge(run) {
            Ok(usable) => judged += usize::from(usable),
            Err(why) => {
                failed += 1;
                println!("seed {seed}: {why}");
            }
        }
    }
    let _ = std::panic::take_hook();
    println!("{} programs, {judged} judged, {failed} failed", programs::PROGRAMS.len());
    assert_eq!(failed, 0, "see above; `cargo run -p random-programs -- --show SEED` prints a program");
    assert!(judged * 10 >= programs::PROGRAMS.len() * 9, "too few programs have moderate values");
}
