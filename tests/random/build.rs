//! Writes the programs that `tests/batch.rs` includes: `RANDOM_COUNT` of them, from the seed `RANDOM_SEED` on, without
//! those of `RANDOM_SKIP` (seeds with commas between). Without these variables they are those that the gate runs.

use std::path::PathBuf;

#[path = "src/generate/mod.rs"]
pub mod generate;

fn main() {
    let variable = |name: &str| {
        println!("cargo::rerun-if-env-changed={name}");
        std::env::var(name).ok()
    };
    println!("cargo::rerun-if-changed=src/generate");
    let number = |text: Option<String>, default: u64| text.map_or(default, |t| t.parse().expect("a number"));
    let first = number(variable("RANDOM_SEED"), 1);
    let count = number(variable("RANDOM_COUNT"), 60);
    let skipped: Vec<u64> =
        variable("RANDOM_SKIP").iter().flat_map(|t| t.split(',')).filter_map(|t| t.parse().ok()).collect();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by Cargo"));
    let (mut modules, mut table) = (String::new(), String::new());
    for seed in (first..first + count).filter(|seed| !skipped.contains(seed)) {
        let file = out.join(format!("p{seed}.rs"));
        std::fs::write(&file, generate::generate(seed)).expect("OUT_DIR can be written");
        modules.push_str(&format!("#[path = {:?}]\npub mod p{seed};\n", file.display().to_string()));
        table.push_str(&format!("({seed}, p{seed}::run), "));
    }
    let text = format!("{modules}pub const PROGRAMS: &[(u64, crate::Run)] = &[{table}];\n");
    std::fs::write(out.join("programs.rs"), text).expect("OUT_DIR can be written");
}
