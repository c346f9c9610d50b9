//! Whatever tokens come in, errors or derivatives come out: no panic, no hang, no overflow of the stack.
//!
//! The corpus is what the tests of the workspace annotate. `ROBUSTNESS_ROUNDS=100000 cargo test -p autodiff-macros
//! --release robustness` mutates it for longer than the gate does.

use std::time::{Duration, Instant};

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::expand;
use crate::maps::HashSet;

#[path = "../../tests/random/src/generate/mod.rs"]
#[allow(unreachable_pub, reason = "it is public in its own crate")]
pub(crate) mod generate;

/// Pseudo-random draws.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// The annotated items of the workspace's tests.
fn corpus() -> Vec<TokenStream> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).expect("the tests are there").flatten().map(|f| f.path()).collect();
    files.sort();
    let mut items = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")) {
        let text = std::fs::read_to_string(file).expect("a readable file");
        let file = syn::parse_file(&text).expect("a test that compiles");
        items.extend(file.items.iter().filter(|item| annotated(item)).map(ToTokens::to_token_stream));
    }
    assert!(items.len() > 100);
    items
}

/// Whether the attribute stands on an item.
fn annotated(item: &syn::Item) -> bool {
    let attrs = match item {
        syn::Item::Fn(f) => &f.attrs,
        syn::Item::Impl(i) => &i.attrs,
        syn::Item::Trait(t) => &t.attrs,
        _ => return false,
    };
    attrs.iter().any(|a| a.path().is_ident("differentiable"))
}

/// Runs on a stack of the size that the compiler has.
pub(crate) fn with_stack<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(f).expect("a thread");
    thread.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}

/// Expands, and says what went wrong.
fn expansion(item: TokenStream) -> Result<TokenStream, String> {
    let (shown, start) = (item.clone(), Instant::now());
    let out = expand::attribute(TokenStream::new(), item);
    let text = out.to_string();
    if let Some(at) = text.find("has a bug") {
        return Err(format!("{}\nin\n{shown}", text[at..].chars().take(2000).collect::<String>()));
    }
    let limit = Duration::from_secs(10);
    if start.elapsed() > limit { Err(format!("more than {limit:?} for\n{shown}")) } else { Ok(out) }
}

fn report(failures: &[String]) {
    let shown: Vec<String> = failures.iter().take(5).cloned().collect();
    assert!(failures.is_empty(), "{} failures, among them\n{}", failures.len(), shown.join("\n\n"));
}

fn rounds(default: usize) -> usize {
    std::env::var("ROBUSTNESS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// All groups of a stream, and the stream itself, are changed at one place.
fn mutated(stream: TokenStream, dice: &mut Dice, words: &[TokenTree]) -> TokenStream {
    let mut trees: Vec<TokenTree> = stream.into_iter().collect();
    let groups: Vec<usize> = (0..trees.len()).filter(|&i| matches!(trees[i], TokenTree::Group(_))).collect();
    // Most of the code is deep inside.
    if !groups.is_empty() && dice.below(10) < 9 {
        let last = groups[groups.len() - 1];
        let i = if dice.below(3) > 0 { last } else { groups[dice.below(groups.len())] };
        if let TokenTree::Group(g) = &trees[i] {
            trees[i] = Group::new(g.delimiter(), mutated(g.stream(), dice, words)).into();
        }
        return trees.into_iter().collect();
    }
    if trees.is_empty() {
        return words[dice.below(words.len())].clone().into();
    }
    let (i, j) = (dice.below(trees.len()), dice.below(trees.len()));
    match dice.below(8) {
        0 => drop(trees.remove(i)),
        1 => trees.insert(i, trees[j].clone()),
        2 => trees.swap(i, j),
        3 => trees.truncate(i),
        4 | 5 => {
            // Something of the same sort, so that it often parses.
            let sort = std::mem::discriminant(&trees[i]);
            let same: Vec<&TokenTree> = words.iter().filter(|w| std::mem::discriminant(*w) == sort).collect();
            if !same.is_empty() {
                trees[i] = same[dice.below(same.len())].clone();
            }
        }
        6 => trees.insert(i, words[dice.below(words.len())].clone()),
        _ => {
            // A statement goes.
            let ends = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ';');
            let to = (i..trees.len()).find(|&k| ends(&trees[k])).unwrap_or(trees.len() - 1);
            let from = (0..i).rev().find(|&k| ends(&trees[k])).map_or(0, |k| k + 1);
            trees.drain(from..=to);
        }
    }
    trees.into_iter().collect()
}

fn leaves(stream: TokenStream, into: &mut Vec<TokenTree>) {
    for tree in stream {
        if let TokenTree::Group(g) = &tree {
            leaves(g.stream(), into);
        }
        into.push(tree);
    }
}

#[test]
fn robustness_mutations() {
    let failures = with_stack(|| {
        std::panic::set_hook(Box::new(|_| {}));
        let items = corpus();
        let mut dice = Dice(7);
        let mut failures = Vec::new();
        for _ in 0..rounds(1200) {
            let item = &items[dice.below(items.len())];
            let mut words = Vec::new();
            leaves(if dice.below(4) == 0 { items[dice.below(items.len())].clone() } else { item.clone() }, &mut words);
            let mut changed = item.clone();
            for _ in 0..=dice.below(3) {
                changed = mutated(changed, &mut dice, &words);
            }
            failures.extend(expansion(changed).err());
        }
        let _ = std::panic::take_hook();
        failures
    });
    report(&failures);
}

#[test]
fn robustness_truncations() {
    let failures = with_stack(|| {
        std::panic::set_hook(Box::new(|_| {}));
        let mut failures = Vec::new();
        for (n, item) in corpus().into_iter().enumerate() {
            let trees: Vec<TokenTree> = item.into_iter().collect();
            let Some(TokenTree::Group(body)) = trees.last() else { continue };
            let inside: Vec<TokenTree> = body.stream().into_iter().collect();
            // Another cut for each item, and none inside the signature more than once.
            let cut = n % inside.len().max(1);
            let kept: TokenStream = inside.into_iter().take(cut).collect();
            let head: TokenStream = trees[..trees.len() - 1].iter().cloned().collect();
            failures.extend(expansion(quote!(#head { #kept })).err());
            let short: TokenStream = trees.iter().take(n % trees.len()).cloned().collect();
            failures.extend(expansion(short).err());
        }
        let _ = std::panic::take_hook();
        failures
    });
    report(&failures);
}

#[test]
fn robustness_soup() {
    let failures = with_stack(|| {
        std::panic::set_hook(Box::new(|_| {}));
        let mut dice = Dice(11);
        let mut failures = Vec::new();
        for _ in 0..rounds(2000) {
            let body = soup(&mut dice, 3);
            let item = if dice.below(4) == 0 { body } else { quote!(fn f(x: f64, v: &[f64]) -> f64 { #body }) };
            failures.extend(expansion(item.clone()).err());
            if std::panic::catch_unwind(|| crate::derive::expand(item.clone())).is_err() {
                failures.push(format!("the derive panics on {item}"));
            }
        }
        let _ = std::panic::take_hook();
        failures
    });
    report(&failures);
}

fn soup(dice: &mut Dice, depth: usize) -> TokenStream {
    const WORDS: &str = "let mut x v y f fn if else match for in while loop break continue return struct enum impl \
        trait self Self Some None Ok Err move ref as unsafe async const static dyn where pub crate mod use f64 usize vec iter \
        map sum sin exp len push differentiable grad _";
    const MARKS: &str = "+-*/%=<>!&|.,;:#?@$^'";
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    (0..dice.below(14))
        .map(|_| match dice.below(6) {
            0 | 1 => TokenTree::from(Ident::new(words[dice.below(words.len())], Span::call_site())),
            2 => {
                let mark = MARKS.chars().nth(dice.below(MARKS.len() - 1)).expect("in range");
                Punct::new(mark, if dice.below(2) == 0 { Spacing::Alone } else { Spacing::Joint }).into()
            }
            3 => Literal::f64_unsuffixed(0.5).into(),
            4 if depth > 0 => {
                let delimiters = [Delimiter::Brace, Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::None];
                Group::new(delimiters[dice.below(4)], soup(dice, depth - 1)).into()
            }
            _ => Literal::u64_unsuffixed(u64::MAX).into(),
        })
        .collect()
}

#[test]
fn robustness_of_the_derive() {
    let odd = [
        quote!(
            struct A;
        ),
        quote!(
            struct A();
        ),
        quote!(
            struct A {}
        ),
        quote!(
            enum A {}
        ),
        quote!(union A { a: f32, b: u32 }),
        quote!(
            struct A<'a, T: Copy, const N: usize>(&'a [T; N])
            where
                T: 'a;
        ),
        quote!(
            struct A<T = f64> {
                r#type: T,
            }
        ),
        quote!(
            enum A {
                B = 3,
                C {
                    #[constant]
                    x: f64,
                },
            }
        ),
        quote!(
            struct A {
                x: dyn Fn(f64) -> f64,
            }
        ),
        quote!(
            struct A {
                x: impl Fn(),
            }
        ),
        quote!(
            struct A {
                x: !,
            }
        ),
        quote!(
            struct A(fn(f64) -> f64);
        ),
        quote!(
            fn f() {}
        ),
        quote!(),
    ];
    for item in odd {
        let out = crate::derive::expand(item.clone());
        syn::parse2::<syn::File>(out).unwrap_or_else(|e| panic!("{e} for {item}"));
    }
}

#[test]
fn expansion_is_deterministic() {
    for item in corpus().into_iter().step_by(7) {
        let once = expand::attribute(TokenStream::new(), item.clone()).to_string();
        assert_eq!(once, expand::attribute(TokenStream::new(), item).to_string());
    }
}

#[test]
fn expansions_parse() {
    let mut kinds = HashSet::default();
    for item in corpus().into_iter().step_by(5) {
        let out = expand::attribute(TokenStream::new(), item.clone());
        let file = syn::parse2::<syn::File>(out).unwrap_or_else(|e| panic!("{e} for {item}"));
        kinds.extend(file.items.iter().map(std::mem::discriminant));
    }
    assert!(kinds.len() > 1);
}

/// Closures are inlined where they are called: what doubles with every name must be refused.
#[test]
fn closures_that_call_closures_are_limited() {
    let mut body = String::from("let g0 = |a: f64| a.sin();");
    for i in 1..40 {
        body.push_str(&format!("let g{i} = |a: f64| g{}(a) + g{}(a * 0.5);", i - 1, i - 1));
    }
    let item = format!("fn f(x: f64) -> f64 {{ {body} g39(x) }}").parse().expect("a function");
    expansion(item).expect("an error");
}

/// Random programs expand, and what they expand to passes the verifier. That their derivatives are right is tested by
/// the crate in `tests/random`, which compiles them.
#[test]
fn robustness_random_programs() {
    let failures = with_stack(|| {
        std::panic::set_hook(Box::new(|_| {}));
        let mut failures = Vec::new();
        for seed in 0..rounds(60) as u64 {
            let file = syn::parse_file(&generate::generate(seed)).expect("a program");
            for item in file.items.into_iter().filter(annotated) {
                match expansion(item.to_token_stream()) {
                    Ok(out) if !out.to_string().contains("compile_error") => {}
                    Ok(out) => failures.push(format!("seed {seed} is refused: {out}")),
                    Err(error) => failures.push(format!("seed {seed}: {error}")),
                }
            }
        }
        let _ = std::panic::take_hook();
        failures
    });
    report(&failures);
}

/// A branch of the forward sweep became empty and went, but the backward sweep still asked whether it was taken.
#[test]
fn empty_branches_keep_their_tapes() {
    let item = quote! {
        fn f(mut x: f64, y: f64, v: f64, n: [f64; 3], w: &[f64]) -> (f64, f64) {
            if x {
                x = h1(v);
            }
            match 1 {
                0 | 3 => {}
                _ if if n[0] {} => {
                    if v {
                        let mut g = |a: f64| {
                            x = x;
                        };
                        g(w[0]);
                    }
                    x = {};
                }
                _ => {}
            }
        }
    };
    expansion(item).expect("no bug");
}

/// `open` around a stream, many times.
fn nested(n: usize, inner: &str, open: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(n), close.repeat(n))
}

/// What is nested deeply is expanded or refused, and neither takes long nor exhausts the stack.
#[test]
fn robustness_nesting() {
    for n in [30, 60, 120, 1_000, 5_000] {
        let ways: [(&str, String); 18] = [
            ("parentheses", nested(n, "x", "(", ")")),
            ("blocks", nested(n, "x", "{", "}")),
            ("loops", nested(n, "y += x;", "for i in 0..2 {", "}")),
            ("branches", nested(n, "y += x;", "if x > 0.0 {", "}")),
            ("closures", nested(n, "x", "(|x: f64| ", ")(x)")),
            ("arrays", nested(n, "x", "[", "]")),
            ("calls", nested(n, "x", "f64::sin(", ")")),
            ("macros", nested(n, "x", "vec![", "]")),
            ("signs", nested(n, "x", "-", "")),
            ("references", nested(n, "x", "&", "")),
            ("sums", nested(n, "x", "", " + x")),
            ("assignments", nested(n, "x", "", " = x")),
            ("methods", nested(n, "x", "", ".sin()")),
            ("fields", nested(n, "x", "", ".a")),
            ("alternatives", format!("{} else {{ x }}", nested(n, "if x > 1.0 { x }", "", " else if x > 0.0 { x }"))),
            ("types", format!("let z: {} = x; x", nested(n, "f64", "Vec<", ">"))),
            ("patterns", format!("let {} = x; x", nested(n, "z", "(", ",)"))),
            ("returns", nested(n, "x", "return ", "")),
        ];
        for (way, body) in ways {
            let result = with_stack(move || {
                let item: TokenStream =
                    format!("fn f(x: f64) -> f64 {{ let mut y = x; {body} }}").parse().expect("tokens");
                let result = expansion(item.clone()).map(drop).map_err(|e| e.chars().take(300).collect::<String>());
                // What is dropped by the compiler is not this crate's.
                std::mem::forget(item);
                result
            });
            assert_eq!(result, Ok(()), "{way}, {n} deep");
        }
    }
}

/// Literals of any size and tokens that mean nothing here.
#[test]
fn robustness_odd_literals() {
    let digits = "9".repeat(5_000);
    for literal in [
        digits.as_str(),
        "340282366920938463463374607431768211456u128",
        "1e999999",
        "0x_f64",
        "1_f16",
        "0b1f32",
        "b\"bytes\"",
        "c\"text\"",
        "'x'",
        "r#\"raw\"#",
        "1u7",
        "0.0e",
    ] {
        for body in
            ["x * L", "x.powi(L)", "v[L] * x", "{ let a = [x; L]; a[0] }", "(0..L).map(|_| x).sum()", "L.sin() * x"]
        {
            let text = format!("fn f(x: f64, v: &[f64]) -> f64 {{ {} }}", body.replace('L', literal));
            if let Ok(item) = text.parse::<TokenStream>() {
                expansion(item).expect("no bug");
            }
        }
    }
}
