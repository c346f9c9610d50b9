//! The numbered fields of tangents: a field marked `#[constant]` has the tangent `()`, which has none.
//!
//! Where generated code reaches a tuple through a field that may be marked, it asks for its parts by methods that tuples,
//! structs with numbered fields and `()` have alike.

/// A trait for each field, for all tuples that have it: those of the fields up to each in turn.
macro_rules! fields {
    // The tuple that ends with the next field, after which come the longer ones.
    (up_to [$($before:tt)*] $next:tt $($after:tt)*) => {
        fields!(each [$($before)* $next] $($before)* $next);
        fields!(up_to [$($before)* $next] $($after)*);
    };
    (up_to [$($all:tt)*]) => {};
    (each $all:tt $($field:tt)*) => { $(fields!(one $all $field);)* };
    (one [$(($name:ident $($rest:tt)*))*] ($of:ident $i:tt $field:ident $shared:ident $unique:ident)) => {
        impl<$($name),*> $field for ($($name,)*) {
            type Of = $of;
            #[inline]
            fn $shared(&self) -> &$of {
                &self.$i
            }
            #[inline]
            fn $unique(&mut self) -> &mut $of {
                &mut self.$i
            }
        }
    };
    ($(($of:ident $i:tt $field:ident $shared:ident $unique:ident))*) => {
        $(
            #[doc = concat!("Tangents with a field `", stringify!($i), "`.")]
            pub trait $field {
                /// The type of the field.
                type Of;
                /// The field, to be read.
                fn $shared(&self) -> &Self::Of;
                /// The field, to be changed.
                fn $unique(&mut self) -> &mut Self::Of;
            }
        )*
        fields!(up_to [] $(($of $i $field $shared $unique))*);
    };
}

fields! {
    (A 0 Field0 __field_0 __fieldmut_0)
    (B 1 Field1 __field_1 __fieldmut_1)
    (C 2 Field2 __field_2 __fieldmut_2)
    (D 3 Field3 __field_3 __fieldmut_3)
    (E 4 Field4 __field_4 __fieldmut_4)
    (F 5 Field5 __field_5 __fieldmut_5)
    (G 6 Field6 __field_6 __fieldmut_6)
    (H 7 Field7 __field_7 __fieldmut_7)
    (I 8 Field8 __field_8 __fieldmut_8)
    (J 9 Field9 __field_9 __fieldmut_9)
    (K 10 Field10 __field_10 __fieldmut_10)
    (L 11 Field11 __field_11 __fieldmut_11)
}
