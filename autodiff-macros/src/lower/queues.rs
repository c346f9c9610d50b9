//! Double-ended queues are vectors.
//!
//! In: a body that makes a `VecDeque` of its own. Out: the same with a `Vec` in its place, whose methods at both ends are those
//! of `vectors`. A queue that comes in or goes out, or is a field, stays what it is, and has no tangent.

use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprMethodCall, Ident, Local, Pat, Path};

use crate::signature::Signature;

/// The body with vectors for the queues that it makes.
pub(super) fn as_vectors(block: &mut Block, signature: &Signature) {
    let mut outside = Queues::default();
    for param in &signature.params {
        outside.visit_type_mut(&mut param.ty.clone());
    }
    if let Some(ty) = &signature.output {
        outside.visit_type_mut(&mut ty.clone());
    }
    if !outside.found {
        Queues { replace: true, ..Queues::default() }.visit_block_mut(block);
    }
}

#[derive(Default)]
struct Queues {
    found: bool,
    replace: bool,
    /// Here stand the fields of a struct, which may be queues.
    in_struct: bool,
    /// The names of those that were replaced.
    names: Vec<Ident>,
}

impl VisitMut for Queues {
    fn visit_local_mut(&mut self, local: &mut Local) {
        let before = std::mem::take(&mut self.found);
        let in_struct = std::mem::take(&mut self.in_struct);
        visit_mut::visit_local_mut(self, local);
        self.in_struct = in_struct;
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pat => pat,
        };
        if let Pat::Ident(pat) = pat
            && self.found
        {
            self.names.push(pat.ident.clone());
        }
        self.found |= before;
    }

    fn visit_expr_struct_mut(&mut self, e: &mut syn::ExprStruct) {
        let before = std::mem::replace(&mut self.in_struct, true);
        visit_mut::visit_expr_struct_mut(self, e);
        self.in_struct = before;
    }

    /// The ends of a queue are those of a vector under other names.
    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        let named =
            matches!(&*call.receiver, Expr::Path(p) if p.path.get_ident().is_some_and(|i| self.names.contains(i)));
        let end = match call.method.to_string().as_str() {
            "front" => "first",
            "front_mut" => "first_mut",
            "back" => "last",
            "back_mut" => "last_mut",
            _ => return,
        };
        if named && self.replace {
            call.method = Ident::new(end, call.method.span());
        }
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let Some(at) = path.segments.iter().position(|s| s.ident == "VecDeque") else { return };
        if self.in_struct {
            return;
        }
        self.found = true;
        if self.replace {
            let mut vector: Path = syn::parse_quote!(::differentiable::__private::vec::Vec);
            vector.segments.last_mut().expect("it has segments").arguments = path.segments[at].arguments.clone();
            vector.segments.extend(path.segments.iter().skip(at + 1).cloned());
            *path = vector;
        }
    }
}
