//! `Zip` of `ndarray`: loops over several arrays at once.

use std::rc::Rc;

use proc_macro2::Span;
use syn::{Expr as S, ExprMethodCall};

use super::iterators::{ItemAt, Stream};
use super::{Lowerer, strip};
use crate::arrays;
use crate::ir::{Expr, Place};
use crate::kinds;

/// What a chain `Zip::from(a).and(b)` runs over.
struct Chain<'s> {
    /// Each with whether it is broadcast to the shape of the first.
    producers: Vec<(&'s S, bool)>,
    indexed: bool,
}

impl Lowerer<'_> {
    /// A method that consumes a `Zip`; `None` if the receiver is none.
    pub(super) fn zip_method(&mut self, m: &ExprMethodCall) -> Option<Expr> {
        let chain = chain(&m.receiver)?;
        let span = m.method.span();
        let name = m.method.to_string();
        let last = m.args.last();
        let collects = matches!(name.as_str(), "map_collect" | "par_map_collect");
        match (name.as_str(), m.args.len()) {
            ("for_each" | "apply" | "par_for_each" | "map_collect" | "par_map_collect", 1) | ("fold", 2) => {}
            ("and" | "and_broadcast", 1) => return None,
            _ => {
                self.errors.at(
                    span,
                    format!("`{name}` of a `Zip` cannot be differentiated; use `for_each`, `map_collect` or `fold`"),
                );
                return Some(Expr::Tuple(Vec::new()));
            }
        }
        let f = self.callable(last?)?;
        let init = if name == "fold" { Some(self.operand(&m.args[0])) } else { None };
        // Where each is on its own, the elements of vectors are reached directly.
        let mut places: Vec<Option<(Place, bool)>> = Vec::new();
        let mut streams: Vec<Option<Stream>> = Vec::new();
        for (e, broadcast) in &chain.producers {
            let views = matches!(e, S::MethodCall(m)
                if m.method == "windows" || super::lanes::MAKERS.contains(&m.method.to_string().as_str()));
            if views {
                streams.push(self.stream(e));
                places.push(None);
                continue;
            }
            let value = self.place_or_value(e);
            let mutable = matches!(value, Expr::Ref { mutable: true, .. });
            let mut place = self.pinned(&value, span);
            if *broadcast && let Some(Some((first, _))) = places.first() {
                let dim = self.dimension(&first.clone(), span);
                let axes = self.axes(first);
                let element = kinds::of_place(&self.program, &place).element();
                let spread = arrays::form("__spread", Expr::Place(strip_place(&place)), vec![dim]);
                let spread = self.temporary(spread, span);
                place = self.place_of(spread, span);
                self.program.vars[place.root].kind = kinds::Kind::Array(Box::new(element), axes);
            }
            places.push(Some((place, mutable)));
            streams.push(None);
        }
        let shape = match places.first() {
            Some(Some((place, _))) => {
                let place = place.clone();
                Some((self.dimension(&place, span), self.axes(&place), place))
            }
            _ => None,
        };
        let mut back = Vec::new();
        for (stream, place) in streams.iter_mut().zip(&places) {
            let Some((place, mutable)) = place else { continue };
            *stream = Some(if *mutable {
                let (items, flat) = self.array_elements_mut(place, span);
                back.push((place.clone(), flat));
                items
            } else {
                self.array_elements(place, false, span)
            });
        }
        let streams: Vec<Stream> = streams.into_iter().collect::<Option<_>>()?;
        let mut parts = Vec::new();
        for stream in streams {
            match self.indexed(stream, span) {
                Ok(part) => parts.push(part),
                Err(_) => return None,
            }
        }
        let len = parts[0].0.clone();
        let items: Vec<ItemAt> = parts.into_iter().map(|(_, item)| item).collect();
        let index = match (&shape, chain.indexed) {
            (Some((_, Some(axes), place)), true) => Some(self.multi_index(&place.clone(), *axes, span)),
            (_, true) => {
                self.errors.at(
                    span,
                    "`Zip::indexed` can be differentiated where the number of axes is in sight; declare the array's type",
                );
                return Some(Expr::Tuple(Vec::new()));
            }
            _ => None,
        };
        let item: ItemAt = Rc::new(move |l, i| {
            let mut all = Vec::new();
            if let Some(index) = &index {
                let mut at = index(l, i.clone());
                all.push(if at.len() == 1 { at.remove(0) } else { Expr::Tuple(at) });
            }
            all.extend(items.iter().map(|item| item(l, i.clone())));
            Expr::Tuple(all)
        });
        let stream = Stream::Indexed { len, item };
        let args = |item: Expr| match item {
            Expr::Tuple(items) => items,
            other => vec![other],
        };
        let value = if collects {
            let (dim, axes) = match shape {
                Some((dim, axes, _)) => (dim, axes),
                None => (self.stream_length(&stream, span), Some(1)),
            };
            self.collect_shaped(stream, dim, axes, span, &mut |l, item| l.apply(&f, args(item)))
        } else if let Some(init) = init {
            let acc = self.accumulator(init, span);
            let place = Self::variable(&acc);
            self.run_stream(stream, span, &mut |l, item, _| {
                let mut all = vec![acc.clone()];
                all.extend(args(item));
                let value = l.apply(&f, all);
                let value = l.as_atom(value, span);
                l.store(place.clone(), value);
            });
            acc
        } else {
            self.run_stream(stream, span, &mut |l, item, _| {
                let value = l.apply(&f, args(item));
                l.discard(Some(value));
            });
            Expr::Tuple(Vec::new())
        };
        for (place, flat) in back {
            self.write_back(place, flat, span);
        }
        Some(value)
    }

    /// `azip!((a in &mut x, &b in &y) *a += b)`, which is a `Zip`.
    pub(super) fn zip_macro(&mut self, mac: &syn::Macro) -> Option<Expr> {
        let Ok((indexed, producers, body)) = syn::parse::Parser::parse2(azip, mac.tokens.clone()) else {
            self.errors.on(&mac.path, "write it as `azip!((a in &mut x, &b in &y) …)`, or as a `Zip`");
            return None;
        };
        let mut producers = producers.into_iter();
        let (pat, first) = producers.next()?;
        let (mut pats, mut zip): (Vec<syn::Pat>, S) = match indexed {
            Some(at) => (vec![at, pat], syn::parse_quote!(::differentiable::ndarray::Zip::indexed(#first))),
            None => (vec![pat], syn::parse_quote!(::differentiable::ndarray::Zip::from(#first))),
        };
        for (pat, producer) in producers {
            pats.push(pat);
            zip = syn::parse_quote!(#zip.and(#producer));
        }
        let whole: ExprMethodCall = syn::parse_quote!(#zip.for_each(|#(#pats),*| #body));
        self.zip_method(&whole)
    }

    fn stream_length(&mut self, stream: &Stream, span: Span) -> Expr {
        let len = match stream {
            Stream::Indexed { len, .. } => len.clone(),
            _ => Expr::int(0),
        };
        let len = self.fixed(len, span);
        Expr::Ref { mutable: false, of: Box::new(len) }
    }
}

/// The pattern of the index, if there is one, the patterns with what they run over, and the body.
fn azip(input: syn::parse::ParseStream<'_>) -> syn::Result<(Option<syn::Pat>, Vec<(syn::Pat, S)>, S)> {
    let head;
    syn::parenthesized!(head in input);
    let fork = head.fork();
    let indexed = fork.parse::<syn::Ident>().is_ok_and(|word| word == "index") && !fork.peek(syn::Token![in]);
    let mut at = None;
    if indexed {
        head.parse::<syn::Ident>()?;
        at = Some(syn::Pat::parse_single(&head)?);
        head.parse::<syn::Token![,]>()?;
    }
    let mut producers = Vec::new();
    while !head.is_empty() {
        let pat = syn::Pat::parse_single(&head)?;
        head.parse::<syn::Token![in]>()?;
        producers.push((pat, head.parse()?));
        head.parse::<Option<syn::Token![,]>>()?;
    }
    Ok((at, producers, input.parse()?))
}

fn strip_place(place: &Place) -> Place {
    match strip(Expr::Place(place.clone())) {
        Expr::Place(place) => place,
        _ => unreachable!("a place is one"),
    }
}

/// `Zip::from(a).and(b)`.
fn chain(e: &S) -> Option<Chain<'_>> {
    match e {
        S::Paren(p) => chain(&p.expr),
        S::MethodCall(m) if m.args.len() == 1 && (m.method == "and" || m.method == "and_broadcast") => {
            let mut chain = chain(&m.receiver)?;
            chain.producers.push((&m.args[0], m.method == "and_broadcast"));
            Some(chain)
        }
        S::Call(c) if c.args.len() == 1 => {
            let S::Path(p) = &*c.func else { return None };
            let names: Vec<String> = p.path.segments.iter().map(|s| s.ident.to_string()).collect();
            match names.as_slice() {
                [.., zip, from] if zip == "Zip" && (from == "from" || from == "indexed") => {
                    Some(Chain { producers: vec![(&c.args[0], false)], indexed: from == "indexed" })
                }
                _ => None,
            }
        }
        _ => None,
    }
}
