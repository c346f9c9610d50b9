//! Emission of parts of slices that are cut before a loop.

use super::Emitter;
use super::code::{Code, code};
use super::operators::Prec;
use crate::ir::{Expr, Place, Stmt, VarId};

impl Emitter<'_> {
    /// `let x = &slice[..len]`, or what stands for it where that begins later.
    pub(super) fn cut(
        &self,
        var: VarId,
        slice: &Place,
        start: Option<&Expr>,
        len: Option<&Expr>,
        mutable: bool,
    ) -> Code {
        let binding = self.binding(var, self.is_written(var));
        let cut = self.part_of_slice(slice, start, len, mutable);
        if self.optional.contains(slice.root) {
            let name = self.name(slice.root);
            return code!(let mut #binding = #name.as_deref_mut().map(|#name| #cut););
        }
        code!(let #binding = #cut;)
    }

    fn part_of_slice(&self, slice: &Place, start: Option<&Expr>, len: Option<&Expr>, mutable: bool) -> Code {
        let Some(start) = start else {
            let len = len.map(|len| self.expr(len).tokens);
            let slice = slice.trimmed();
            let slice = if mutable { self.place_mut(&slice) } else { self.place(&slice) }.at_least(Prec::Postfix);
            return if mutable { code!(&mut #slice[..#len]) } else { code!(&#slice[..#len]) };
        };
        let len = self.value(len.expect("a window has a length"));
        let (start, slice) = (self.value(start), self.reference(slice, mutable).tokens);
        let name = if mutable { code!(window_mut) } else { code!(window) };
        code!(::differentiable::__private::#name(#slice, #start, #len))
    }

    /// Several cuts of what lies in a slot that may be absent, which is lent once for all of them.
    pub(super) fn cuts_of_a_slot(&self, stmts: &[Stmt]) -> Option<(Code, usize)> {
        let of_slot = |s: &Stmt| match s {
            Stmt::Cut { slice: Expr::Place(slice), mutable: true, .. } => Some(slice.root),
            _ => None,
        };
        let root = of_slot(stmts.first()?).filter(|root| self.optional.contains(*root))?;
        let cuts: Vec<&Stmt> = stmts.iter().take_while(|s| of_slot(s) == Some(root)).collect();
        if cuts.len() < 2 {
            return None;
        }
        let (name, mut bindings, mut parts) = (self.name(root), Vec::new(), Vec::new());
        for cut in &cuts {
            let Stmt::Cut { var, slice: Expr::Place(slice), start, len, .. } = cut else { unreachable!("a cut") };
            let (binding, part) = (
                self.binding(*var, self.is_written(*var)),
                self.part_of_slice(slice, start.as_ref(), len.as_ref(), true),
            );
            bindings.push(code!(mut #binding));
            parts.push(code!(::core::option::Option::Some(#part)));
        }
        let none = cuts.iter().map(|_| code!(::core::option::Option::None));
        let none: Vec<Code> = none.collect();
        let code = code! {
            let (#(#bindings),*) = match #name.as_deref_mut() {
                ::core::option::Option::Some(#name) => (#(#parts),*),
                ::core::option::Option::None => (#(#none),*),
            };
        };
        Some((code, cuts.len()))
    }

    /// `let (x_1, x_2) = quads(x)`.
    pub(super) fn quads(&self, quads: VarId, tail: VarId, slice: &Place, mutable: bool) -> Code {
        let (quads, tail) = (self.name(quads), self.name(tail));
        let function = if mutable { code!(quads_mut) } else { code!(quads) };
        let function = code!(::differentiable::__private::#function);
        if self.optional.contains(slice.root) {
            let name = self.name(slice.root);
            return code!(let (mut #quads, mut #tail) = #name.as_deref_mut().map(|#name| #function(#name)).unzip(););
        }
        let slice = self.reference(slice, mutable).tokens;
        code!(let (#quads, #tail) = #function(#slice);)
    }
}
