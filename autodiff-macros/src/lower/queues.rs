//! Double-ended queues are vectors.
//!
//! In: a body that makes a `VecDeque` of its own. Out: the same with a `Vec` in its place, whose methods at both ends are those
//! of `vectors`. A queue that comes in or goes out stays what it is, and has no tangent.

use syn::visit_mut::{self, VisitMut};
use syn::{Block, Path};

use crate::signature::Signature;

/// The body with vectors for the queues that it makes.
pub(super) fn as_vectors(block: &mut Block, signature: &Signature) {
    let mut outside = Queues { found: false, replace: false };
    for param in &signature.params {
        outside.visit_type_mut(&mut param.ty.clone());
    }
    if let Some(ty) = &signature.output {
        outside.visit_type_mut(&mut ty.clone());
    }
    if !outside.found {
        Queues { found: false, replace: true }.visit_block_mut(block);
    }
}

struct Queues {
    found: bool,
    replace: bool,
}

impl VisitMut for Queues {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let Some(at) = path.segments.iter().position(|s| s.ident == "VecDeque") else { return };
        self.found = true;
        if self.replace {
            let mut vector: Path = syn::parse_quote!(::differentiable::__private::vec::Vec);
            vector.segments.last_mut().expect("it has segments").arguments = path.segments[at].arguments.clone();
            vector.segments.extend(path.segments.iter().skip(at + 1).cloned());
            *path = vector;
        }
    }
}
